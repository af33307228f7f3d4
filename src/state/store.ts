import { openDatabase, type Database, type OpenOptions } from './database.ts'
import { DeadLetterList } from './dead-letter-list.ts'
import { DeadLetterStore } from './dead-letter-store.ts'
import { contentDigest, exactDigest, type Digest } from './digest.ts'
import { EntryStore } from './entry-store.ts'
import { EventStore, type WriteCounts } from './event-store.ts'
import { StoreJournal } from './journal.ts'
import { StoreMemory } from './memory.ts'
import { OutputQuery } from './output-query.ts'
import { OutputStore } from './output-store.ts'
import { PendingWrites } from './pending-writes.ts'
import { EventQuery } from './query.ts'
import { Reader } from './reader.ts'
import { StoreRetention, type DeletedCounts, type RetentionRun } from './retention.ts'
import { SnapshotStore } from './snapshot-store.ts'
import { StoreLog } from './unit-log.ts'

export interface StoreOptions extends OpenOptions {
  /** Room of the journal, in bytes of record values. Default 1 GiB. */
  readonly journalBytes?: number
  /** Masks previews and errors of dead letters. */
  readonly mask?: (text: string) => string
}

/** What a reader sees: the last commit. Never the pending writes. */
export interface StoreView {
  readonly query: EventQuery
  readonly outputs: OutputQuery
  readonly deadLetters: DeadLetterList
  exactDigest(): Digest
  contentDigest(): Digest
  /** Harmless twice. */
  close(): void
}

/** The embedded store, with this process as its owner. */
export interface Store {
  readonly log: StoreLog
  /** The port behind the sink `store`. */
  readonly events: EventStore
  readonly journal: StoreJournal
  readonly memory: StoreMemory
  /** Writes dead letters, marks and discards them; lists are in `view`. */
  readonly deadLetters: DeadLetterStore
  /** Another connection of the same process. */
  readonly view: StoreView
  /** Of events, and of metrics and alerts: `mismatched` above 0 breaks invariant I2. */
  readonly counts: { readonly events: WriteCounts; readonly outputs: WriteCounts }
  /** Makes pending writes durable that belong to no unit, such as the marks of a redrive. */
  flush(): void
  retain(run: RetentionRun): Promise<DeletedCounts>
  /** Drops what is pending: it belongs to no commit. Gives the folder free; harmless twice. */
  close(): void
}

/**
 * Opens the store in `dir` as its only writer; the folder is made if need be. Throws LP_STORE_LOCKED, LP_STORE_OPEN,
 * LP_STORE_FULL, LP_STORE_DAMAGED or LP_STATE_VERSION.
 */
export function openStore(dir: string, options: StoreOptions = {}): Store {
  const database = openDatabase(dir, options)
  try {
    return assemble(dir, database, options)
  } catch (error) {
    database.close()
    throw error
  }
}

function assemble(dir: string, database: Database, options: StoreOptions): Store {
  const { db } = database
  const writes = new PendingWrites(db, database.path)
  const journal = new StoreJournal(dir, options.journalBytes ?? 2 ** 30)
  const events = new EventStore(database, writes)
  const outputs = new OutputStore(db)
  const retention = new StoreRetention(db, writes, { journal, hasText: database.text === 'fts' })
  const view = viewOf(new Reader(dir))
  return {
    log: new StoreLog(db, writes, { snapshots: new SnapshotStore(db), outputs, entries: new EntryStore(db) }),
    events,
    journal,
    memory: new StoreMemory(database, writes),
    deadLetters: new DeadLetterStore(db, writes, options.mask ?? ((text) => text)),
    view,
    counts: { events: events.counts, outputs: outputs.counts },
    flush: () => writes.commit(),
    retain: (run) => retention.run(run),
    close() {
      view.close()
      journal.close()
      database.close()
    },
  }
}

/** Opens the store in `dir` for reading, beside its owner or without one. Throws LP_STORE_OPEN or LP_STORE_DAMAGED. */
export function openStoreView(dir: string): StoreView {
  return viewOf(new Reader(dir))
}

function viewOf(reader: Reader): StoreView {
  return {
    query: new EventQuery(reader),
    outputs: new OutputQuery(reader),
    deadLetters: new DeadLetterList(reader),
    exactDigest: () => exactDigest(reader),
    contentDigest: () => contentDigest(reader),
    close: () => reader.close(),
  }
}
