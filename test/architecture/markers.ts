import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

export const repository = path.dirname(path.dirname(import.meta.dirname))
export const planted = path.join(repository, 'test', 'architecture', 'planted')

/** What a gate must report: `text` is a part of its message, line 0 stands for anywhere in the file. */
export interface Marker {
  readonly file: string
  readonly line: number
  readonly code: string
  readonly text: string
}

export interface Finding {
  readonly file: string
  readonly line: number
  readonly code: string
  readonly message: string
}

/**
 * Planted files say in comments what must be found: `planted:` on its own line, `planted-next:` on the next,
 * `planted-file:` anywhere; then the code, then a part of the message. A semicolon parts two findings of one line.
 */
const comment = /(?:\/\/|#|<!--) (planted(?:-next|-file)?): (.+?)(?: -->)?$/

export function readMarkers(folder: string): Marker[] {
  const markers: Marker[] = []
  for (const file of filesIn(folder)) {
    for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
      const found = comment.exec(line)
      if (found === null) continue
      const [, kind, list = ''] = found
      for (const one of list.split('; ')) {
        const [code = '', ...words] = one.split(' ')
        const at = kind === 'planted-file' ? 0 : kind === 'planted-next' ? index + 2 : index + 1
        markers.push({ file: path.relative(folder, file), line: at, code, text: words.join(' ') })
      }
    }
  }
  return markers
}

export function filesIn(folder: string): string[] {
  const files: string[] = []
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) files.push(path.join(entry.parentPath, entry.name))
  }
  return files.sort()
}

/** Both ways: a marker that no finding answers, and a finding that nobody planted. */
export function compare(markers: readonly Marker[], findings: readonly Finding[]): string[] {
  const problems: string[] = []
  const open = [...findings]
  for (const marker of markers) {
    const at = open.findIndex((one) => answers(one, marker))
    if (at === -1) problems.push(`not reported: ${marker.file}:${marker.line} ${marker.code} ${marker.text}`)
    else open.splice(at, 1)
  }
  for (const { file, line, code, message } of open) problems.push(`not planted: ${file}:${line} ${code} ${message}`)
  return problems
}

function answers(finding: Finding, marker: Marker): boolean {
  if (finding.file !== marker.file || finding.code !== marker.code) return false
  return (marker.line === 0 || marker.line === finding.line) && finding.message.includes(marker.text)
}
