import { parseDocument } from 'yaml'

export interface Edit {
  readonly path: readonly (string | number)[]
  /** JSON; undefined takes the place out. */
  readonly value: unknown
}

/** Where texts are broken, and lists in one line become several. */
const lineWidth = 120

/** The text of a YAML file with some values changed; comments stay. `valueOf` may look at what stood at a path before. */
export function editYaml(text: string, edits: (valueAt: (path: Edit['path']) => unknown) => readonly Edit[]): string {
  const document = parseDocument(text, { version: '1.2', schema: 'core' })
  for (const { path, value } of edits((at) => document.getIn(at))) {
    if (value === undefined) document.deleteIn(path)
    else document.setIn(path, typeof value === 'object' ? document.createNode(value, { flow: true }) : value)
  }
  return document.toString({ lineWidth })
}
