import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { editYaml, type Edit } from '../config/edit.ts'
import { isJsonObject, type Json } from '../core/event-batch.ts'
import { parseInstant } from '../core/moment.ts'
import { formatDuration } from '../core/quantity-text.ts'
import { updatesOf, type Change, type Comparison } from '../replay/update.ts'
import type { FailureDetails, TestReport } from './test-blocks.ts'

/** Keys that hold times. */
const timeKeys = new Set<string | number>(['at', 'window_start'])

/**
 * Writes what came in place of what is expected into the files of failed blocks, which need `details`. Returns the files that were written.
 * Times stay durations after the start where they were.
 */
export function updateTests({ results }: TestReport, cwd = '.'): string[] {
  const written: string[] = []
  for (const file of new Set(results.map((result) => result.file))) {
    const failed = results.flatMap((result) => (result.file === file ? (result.details ?? []) : []))
    if (failed.length === 0) continue
    const name = path.resolve(cwd, file)
    const before = readFileSync(name, 'utf8')
    const after = editYaml(before, (valueAt) => failed.flatMap((details) => editsOf(details, valueAt)))
    if (after === before) continue
    writeFileSync(name, after)
    written.push(file)
  }
  return written
}

function editsOf({ index, startMs, comparisons }: FailureDetails, valueAt: (path: Edit['path']) => unknown): Edit[] {
  const head = ['tests', index, 'expect']
  const sizes = new Map<string, number>()
  const changes = comparisons.flatMap((comparison) => {
    const { key } = comparison
    const size = sizes.get(key) ?? sizeOf(comparison, valueAt([...head, key]))
    const found = updatesOf(comparison, size)
    sizes.set(key, Math.max(size, ...found.map((change) => Number(change.path[1]) + 1)))
    return found
  })
  const put = changes.filter(({ value }) => value !== undefined)
  const gone = changes.filter(({ value }) => value === undefined).sort(fromTheEnd)
  const isAfterStart = (list: string | number): boolean => {
    const first = valueAt([...head, list, 0, 'at']) ?? valueAt([...head, list, 0, 'window_start'])
    return (typeof first === 'string' || first === 0) && parseInstant(`${first}`) === undefined
  }
  return [...put, ...gone].map((change) => {
    const { path: at, value } = change
    const isShort = isAfterStart(at[0]!)
    return { path: [...head, ...at], value: isShort ? shortened(value, at.at(-1)!, startMs) : value }
  })
}

function sizeOf({ places }: Comparison, list: unknown): number {
  const items = typeof list === 'object' && list !== null && 'items' in list ? list.items : undefined
  return Array.isArray(items) ? items.length : places.length
}

function fromTheEnd(a: Change, b: Change): number {
  return Number(b.path[1]) - Number(a.path[1])
}

/** Instants as durations after the start. */
function shortened(value: Json | undefined, key: string | number, startMs: number): Json | undefined {
  if (isJsonObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([inner, text]) => [inner, shortened(text, inner, startMs) ?? null]),
    )
  }
  const ms = timeKeys.has(key) && typeof value === 'string' ? parseInstant(value) : undefined
  return ms === undefined || ms < startMs ? value : formatDuration(ms - startMs)
}
