import type { DatabaseSync } from 'node:sqlite'
import { LogpipeError } from '../core/error.ts'

/** One step per version, in order; a step is never edited once it was released. `user_version` counts the steps done. */
const steps: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  -- Words of low cardinality (services, formats), so that rows and indexes hold small numbers.
  CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE);
  CREATE TABLE sources (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE, name TEXT NOT NULL, pipeline TEXT NOT NULL,
    constants TEXT NOT NULL, is_file INTEGER NOT NULL, id_head BLOB NOT NULL, id_tail BLOB);

  -- Columns are what is searched by; doc has everything. time and record_time: epoch ms; duration: ns.
  CREATE TABLE events (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, time INTEGER NOT NULL, level INTEGER NOT NULL, service INTEGER,
    status INTEGER, duration INTEGER, format INTEGER NOT NULL, source INTEGER NOT NULL, position INTEGER NOT NULL,
    sub INTEGER NOT NULL, record_time INTEGER NOT NULL, doc TEXT NOT NULL);
  CREATE INDEX events_time ON events (time, level, service, status, duration, format);

  CREATE TABLE metrics (
    id TEXT PRIMARY KEY, revision INTEGER NOT NULL, name TEXT, time INTEGER, doc TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX metrics_name ON metrics (name, time);
  CREATE INDEX metrics_time ON metrics (time);

  -- Every revision; n is the order of commits, for readers that follow.
  CREATE TABLE alerts (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, revision INTEGER NOT NULL, key TEXT NOT NULL, rule TEXT,
    state TEXT, time INTEGER, doc TEXT NOT NULL, headers TEXT NOT NULL, UNIQUE (id, revision));
  CREATE INDEX alerts_time ON alerts (time);
  CREATE VIEW alert_states AS
    SELECT * FROM alerts AS a WHERE revision = (SELECT max(revision) FROM alerts AS b WHERE b.id = a.id);

  CREATE TABLE dead_letters (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, time INTEGER,
    child INTEGER NOT NULL, size INTEGER NOT NULL, sha256 BLOB NOT NULL, stage TEXT NOT NULL, reason TEXT NOT NULL,
    error TEXT NOT NULL, attempts INTEGER NOT NULL, at INTEGER NOT NULL, replays INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0, pipeline TEXT NOT NULL, config_hash TEXT NOT NULL, version TEXT NOT NULL,
    instance TEXT NOT NULL, preview TEXT NOT NULL, key BLOB, value BLOB, headers TEXT NOT NULL);
  CREATE INDEX dead_letters_at ON dead_letters (at);

  CREATE TABLE claims (unit TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE decisions (
    unit TEXT NOT NULL, ordinal INTEGER NOT NULL, epoch INTEGER NOT NULL, position INTEGER NOT NULL,
    sub INTEGER NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, wall INTEGER NOT NULL,
    PRIMARY KEY (unit, ordinal)) WITHOUT ROWID;
  CREATE TABLE progress (
    unit TEXT PRIMARY KEY, seq INTEGER NOT NULL, epoch INTEGER NOT NULL, position INTEGER NOT NULL,
    sub INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE snapshots (
    n INTEGER PRIMARY KEY AUTOINCREMENT, unit TEXT NOT NULL, state_version INTEGER NOT NULL, config_hash TEXT NOT NULL,
    position INTEGER NOT NULL, sub INTEGER NOT NULL, decision INTEGER NOT NULL, sha256 BLOB NOT NULL);
  CREATE INDEX snapshots_unit ON snapshots (unit, n);
  CREATE TABLE chunks (
    snapshot INTEGER NOT NULL, place INTEGER NOT NULL, id TEXT NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (snapshot, place));

  CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  -- What lies between the snapshots and the newest commit: changes of a unit by the number of their commit, and frames.
  CREATE TABLE changes (
    unit TEXT NOT NULL, n INTEGER NOT NULL, sha256 BLOB NOT NULL, bytes BLOB NOT NULL, UNIQUE (unit, n));
  CREATE TABLE frames (n INTEGER PRIMARY KEY, sha256 BLOB NOT NULL, bytes BLOB NOT NULL);

  -- Those before do not tell where the changes begin: their units run again from the start.
  DELETE FROM chunks;
  DELETE FROM snapshots;
  ALTER TABLE snapshots ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE snapshots ADD COLUMN frames INTEGER NOT NULL DEFAULT 0;
  `,
]

/**
 * Brings the tables to the newest version, one transaction per step. Rejects a store that a newer logpipe wrote with
 * LP_STATE_VERSION.
 */
export function migrate(db: DatabaseSync, path: string): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version > steps.length) {
    throw new LogpipeError(
      'LP_STATE_VERSION',
      `opening ${path}: it has version ${version}, newest known is ${steps.length}`,
    )
  }
  for (let done = version; done < steps.length; done++) {
    db.exec(`BEGIN IMMEDIATE; ${steps[done]!}; PRAGMA user_version = ${done + 1}; COMMIT`)
  }
}
