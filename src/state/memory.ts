import type { StatementSync } from 'node:sqlite'
import type { SourceMemory } from '../core/component.ts'
import type { Json } from '../core/event-batch.ts'
import type { Database } from './database.ts'
import type { PendingWrites } from './pending-writes.ts'

/** What sources remember over restarts. A value that was set is read back at once and is durable with the next commit. */
export class StoreMemory implements SourceMemory {
  readonly #writes: PendingWrites
  readonly #select: StatementSync
  readonly #upsert: StatementSync

  constructor(database: Database, writes: PendingWrites) {
    this.#writes = writes
    this.#select = database.db.prepare('SELECT value FROM memory WHERE key = ?')
    this.#upsert = database.db.prepare(
      'INSERT INTO memory VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    )
  }

  get(key: string): Json | undefined {
    const value = this.#writes.read(() => this.#select.get(key)?.['value'])
    return typeof value === 'string' ? (JSON.parse(value) as Json) : undefined // Written with JSON.stringify.
  }

  set(key: string, value: Json): void {
    this.#writes.run(() => this.#upsert.run(key, JSON.stringify(value)))
  }
}
