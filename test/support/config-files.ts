import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { loadProject, type Loaded, type LoadOptions } from '../../src/config/load.ts'
import type { Environment } from '../../src/config/environment.ts'
import { components } from './config-components.ts'

/** Path in the project to content. */
export type ProjectFiles = Readonly<Record<string, string | Uint8Array>>

/** Runs with a folder that holds these files, and removes it. */
export function withFiles<T>(files: ProjectFiles, run: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'logpipe-config-'))
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
      writeFileSync(path.join(folder, name), content)
    }
    return run(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Loads a project of these files with the components of the tests. */
export function loadFiles(files: ProjectFiles, env: Environment = {}, options: LoadOptions = {}): Loaded {
  return withFiles(files, (cwd) => loadProject({ cwd, env, ...options }, components))
}

/** The findings about one pipeline file as `line:col code`. */
export function findingsOf(pipeline: string | Uint8Array, env: Environment = {}): string[] {
  const { findings } = loadFiles({ 'logpipe.yaml': 'app: logpipe', 'pipelines/app.yaml': pipeline }, env)
  return findings.map(({ line, col, code }) => `${line}:${col} ${code}`)
}

/** A file with `▸` before each place of a finding: the text without the marks, and the places as `line:col`. */
export function marked(text: string): { readonly text: string; readonly places: readonly string[] } {
  const places: string[] = []
  const lines = text.split('\n').map((line, i) => {
    for (let at = line.indexOf('▸'); at >= 0; at = line.indexOf('▸')) {
      places.push(`${i + 1}:${at + 1}`)
      line = line.slice(0, at) + line.slice(at + 1)
    }
    return line
  })
  return { text: lines.join('\n'), places }
}
