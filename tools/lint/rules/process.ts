import { memberPath, type Rule } from '../ast.ts'
import { isInside, placeOf } from '../place.ts'

/** What of `process` may be touched where. */
const doors: ReadonlyMap<string, readonly string[]> = new Map([
  ['process.argv', ['cli']],
  ['process.exit', ['cli']],
  ['process.exitCode', ['cli']],
  ['process.abort', ['cli']],
  ['process.env', ['cli', 'config']],
])

/** Only `cli` ends the process and reads its arguments; only `config` and `cli` see the environment. */
export const processDoors: Rule = {
  create(context) {
    const { inSrc } = placeOf(context.filename)
    if (inSrc === undefined) return {}
    return {
      MemberExpression(node) {
        const path = memberPath(node) ?? ''
        const inside = doors.get(path)
        if (inside !== undefined && !isInside(inSrc, inside))
          context.report({ node, message: `${path} is for ${inside.join(' and ')} only` })
      },
    }
  },
}
