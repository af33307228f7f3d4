import type { DatabaseSync } from 'node:sqlite'

/** How text is searched: with FTS5, or by reading every document. */
export type TextSearch = 'fts' | 'like'

/**
 * FTS5 if this SQLite has it and has always had it for this store; a store that was written without it goes on without,
 * since its older events are not in the index.
 */
export function textSearch(
  db: DatabaseSync,
  options: { readonly text?: TextSearch; readonly report?: (message: string) => void },
): TextSearch {
  const stored = storedText(db)
  const wanted = options.text ?? (hasFts(db) ? 'fts' : 'like')
  const text = stored === 'like' ? 'like' : wanted
  if (text !== stored) {
    db.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value').run('text', text)
  }
  if (text === 'fts') createText(db)
  else options.report?.('the store has no full text index: searches for words read every document of the time range')
  return text
}

/**
 * The index holds no text of its own, and deletes by row. `ascii` splits as `unicode61` does for what `event-text.ts`
 * hands over, at the same cost; `trigram` finds parts of words for twice the time, but no Chinese word of two
 * characters. Fewer, larger merges (`automerge` 8) save a tenth (bench/store.ts).
 */
function createText(db: DatabaseSync): void {
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'event_text'").get() !== undefined) return
  db.exec(`
    BEGIN IMMEDIATE;
    CREATE VIRTUAL TABLE event_text USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'ascii');
    INSERT INTO event_text (event_text, rank) VALUES ('automerge', 8);
    COMMIT`)
}

/** How the text of this store is searched, if that was decided. */
export function storedText(db: DatabaseSync): TextSearch | undefined {
  const value = db.prepare("SELECT value FROM meta WHERE key = 'text'").get()?.['value']
  return value === 'fts' || value === 'like' ? value : undefined
}

function hasFts(db: DatabaseSync): boolean {
  try {
    db.exec(
      "CREATE VIRTUAL TABLE temp.probe USING fts5 (x, content = '', contentless_delete = 1); DROP TABLE temp.probe",
    )
    return true
  } catch {
    return false
  }
}
