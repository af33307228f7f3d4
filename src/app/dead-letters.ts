import type { Project } from '../config/project.ts'
import { LogpipeError } from '../core/error.ts'
import { EventBatch, EventTables } from '../core/event-batch.ts'
import { eventIdLength } from '../core/id.ts'
import { RecordBatch, type Source } from '../core/record-batch.ts'
import { settingsOf, ParseConfig } from '../parse/config.ts'
import { createParseStage } from '../parse/parser.ts'
import { formats } from '../registry.ts'
import type { DeadLetterFilter, DeadLetterOriginal } from '../state/dead-letter-list.ts'
import { openStore, type Store } from '../state/store.ts'
import { viewStore } from './store-view.ts'

/** Tries after which only `--force` sends a dead letter through again. */
const maxReplays = 3

export type LetterFilter = DeadLetterFilter

/** A dead letter without its bytes. */
/** Oldest first. */
export function listLetters(
  dir: string,
  filter: LetterFilter,
): Omit<DeadLetterOriginal, 'value_base64' | 'key_base64' | 'headers'>[] {
  const view = viewStore(dir)
  try {
    return view.deadLetters.list(filter)
  } finally {
    view.close()
  }
}

/** One with its bytes. Throws LP_USAGE if there is none of that id. */
export function showLetter(dir: string, id: string): DeadLetterOriginal {
  const view = viewStore(dir)
  try {
    const letter = view.deadLetters.show(id)
    if (letter === undefined) throw new LogpipeError('LP_USAGE', `showing ${id}: there is no such dead letter`)
    return letter
  } finally {
    view.close()
  }
}

/** One JSON document per line, with the bytes; read row by row. */
export function* exportLetters(dir: string, filter: LetterFilter): Generator<string> {
  const view = viewStore(dir)
  try {
    yield* view.deadLetters.export(filter)
  } finally {
    view.close()
  }
}

/** Deletes those that are named; returns how many there were. Needs the store for itself (LP_STORE_LOCKED). */
export function discardLetters(dir: string, ids: readonly string[]): number {
  return withStore(dir, (store) => ids.filter((id) => store.deadLetters.discard(id)).length)
}

export interface RedriveOutcome {
  readonly id: string
  /** `again`: it could not become an event this time, too. `given_up`: it was tried too often. */
  readonly outcome: 'event' | 'again' | 'given_up'
  readonly events: number
}

/**
 * Sends original bytes through the parse stage of their pipeline, under the ids that they had, and stores what comes of
 * it; whatever is already stored stays as it is. Metrics and alerts are not touched: their windows are over. Needs the
 * store for itself (LP_STORE_LOCKED).
 */
export async function redriveLetters(
  dir: string,
  project: Project,
  options: { readonly filter: LetterFilter; readonly isForced: boolean },
): Promise<RedriveOutcome[]> {
  const store = openStore(dir)
  try {
    const outcomes: RedriveOutcome[] = []
    for (const { id, replays } of store.view.deadLetters.list({ ...options.filter, done: false })) {
      if (replays >= maxReplays && !options.isForced) {
        outcomes.push({ id, outcome: 'given_up', events: 0 })
        continue
      }
      const letter = store.view.deadLetters.show(id)
      if (letter === undefined) continue
      const events = await redrive(store, project, letter)
      store.deadLetters.markRedriven(id, events > 0)
      outcomes.push({ id, outcome: events > 0 ? 'event' : 'again', events })
    }
    store.flush()
    return outcomes
  } finally {
    store.close()
  }
}

/** Returns the number of events, 0 if it is a dead letter again. */
async function redrive(store: Store, project: Project, letter: DeadLetterOriginal): Promise<number> {
  if (letter.value_base64 === null) return 0
  const bytes = Buffer.from(letter.value_base64, 'base64')
  const source = sourceOf(letter)
  const records = new RecordBatch(source, bytes, BigInt(letter.offset), 1)
  records.push(0, letter.timestamp ?? NaN, 0, bytes.length)
  records.next = 1
  const tables = new EventTables()
  const parser = createParseStage(settingsFor(project, letter.pipeline), formats, tables).parserFor(source)
  const events = new EventBatch(tables)
  events.reset(records)
  parser.parse(records, events)
  if (events.dead.length > 0) return 0
  await store.events.write(events, 0)
  let count = events.count
  events.reset(new RecordBatch(source, new Uint8Array(0), BigInt(letter.offset) + 1n, 0))
  parser.flush(events)
  await store.events.write(events, 0)
  return (count += events.count)
}

/** The source as far as ids depend on it: the id of a dead letter begins with that of its event (`core/id.ts`). */
function sourceOf({ id, source, name, pipeline }: DeadLetterOriginal): Source {
  const packed = Buffer.from(id.slice(0, eventIdLength), 'base64url')
  return {
    id: source,
    name,
    pipeline,
    constants: [{ field: 'logpipe.pipeline', value: pipeline }],
    isFile: source.startsWith('file-'),
    idHead: packed.subarray(0, 6),
    idTail: packed.subarray(12, 16),
  }
}

function settingsFor(project: Project, name: string): ReturnType<typeof settingsOf> {
  const pipeline = project.pipelines.find((one) => one.name === name)
  if (pipeline === undefined) return settingsOf('auto', ParseConfig.parse({}))
  // An entry of `parse:` is read by the schema `ParseConfig`.
  return settingsOf(pipeline.parse.type, pipeline.parse.config as unknown as ParseConfig)
}

function withStore<T>(dir: string, use: (store: Store) => T): T {
  const store = openStore(dir)
  try {
    const result = use(store)
    store.flush()
    return result
  } finally {
    store.close()
  }
}
