import type { Command } from 'commander'
import type { Invocation } from './invocation.ts'
import { escapeText, table } from './terminal-text.ts'

export function defineFormats(command: Command, invocation: Invocation): void {
  command
    .argument('[name]', 'show one format with its fields and an example')
    .action(async (name: string | undefined) => {
      const { formatNamed, listFormats } = await import('../app/formats.ts')
      const { output, paint, flags } = invocation
      const formats = name === undefined ? listFormats() : [formatNamed(name)]
      if (flags.json === true) return output.document('formats', { formats })
      if (flags.jsonLines === true) return output.lines(formats.map((format) => JSON.stringify(format)))
      const [first] = formats
      if (name === undefined || first === undefined) {
        const rows = formats.map((format) => [format.name, format.kind, format.tier, format.summary])
        return output.lines(table([['NAME', 'KIND', 'TIER', 'WHAT IT IS'], ...rows]))
      }
      return output.lines([
        `${paint('bold', first.name)}  ${first.summary}`,
        ...table([
          ['kind', `${first.kind}, ${first.tier} tier`],
          ['dataset', first.dataset],
          ['fields', first.fields.join(' ')],
          ['example', escapeText(first.example)],
        ]),
      ])
    })
}
