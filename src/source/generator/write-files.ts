import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { blockLines, newTally, StreamWriter, type Tally } from './block.ts'
import { linesOfStream, plannedIncidents, serviceOfStream, type Plan } from './plan.ts'
import type { PlannedIncident } from './story.ts'

/** What `writeFiles` wrote, line for line: the accounts that events, dead letters and drops are checked against. */
export interface Ledger {
  readonly seed: number
  readonly startMs: number
  readonly total: Tally
  readonly files: readonly { readonly path: string; readonly service: string; readonly tally: Tally }[]
  readonly incidents: readonly PlannedIncident[]
}

/**
 * Writes each stream of a plan that ends to `<directory>/<service>-<stream>.log` and the ledger to `.ledger.json` there,
 * which a source that reads the directory leaves out.
 */
export function writeFiles(plan: Plan, directory: string): Ledger {
  mkdirSync(directory, { recursive: true })
  const files: { path: string; service: string; tally: Tally }[] = []
  for (let stream = 0; stream < plan.streams; stream++) {
    const service = serviceOfStream(plan, stream)
    const file = path.join(directory, `${service}-${stream}.log`)
    files.push({ path: file, service, tally: writeStream(plan, stream, file) })
  }
  const total = newTally()
  for (const { tally } of files) addTally(total, tally)
  const ledger = { seed: plan.seed, startMs: plan.startMs, total, files, incidents: plannedIncidents(plan) }
  writeFileSync(path.join(directory, '.ledger.json'), `${JSON.stringify(ledger, undefined, 2)}\n`)
  return ledger
}

function writeStream(plan: Plan, stream: number, file: string): Tally {
  const writer = new StreamWriter(plan, stream)
  const tally = newTally()
  const lines = linesOfStream(plan)
  const descriptor = openSync(file, 'w')
  try {
    for (let index = 0; index * blockLines < lines; index++) {
      const { bytes } = writer.block(index, Math.min(blockLines, lines - index * blockLines), tally)
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at)
    }
  } finally {
    closeSync(descriptor)
  }
  return tally
}

/** Adds `more` to `tally`. */
function addTally(tally: Tally, more: Tally): void {
  for (const key of ['lines', 'events', 'blank', 'broken', 'late', 'shuffled', 'duplicate'] as const) {
    tally[key] += more[key]
  }
  for (const [name, { lines, events }] of Object.entries(more.formats)) {
    // The keys of a tally are formats.
    const of = (tally.formats[name as keyof Tally['formats']] ??= { lines: 0, events: 0 })
    of.lines += lines
    of.events += events
  }
}
