import { open, type FileHandle } from 'node:fs/promises'
import type { Partition, RecordInput, SourcePorts } from '../../core/component.ts'
import { LogpipeError } from '../../core/error.ts'
import { findFiles, siblingsOf, type FoundFile, type SearchSettings } from './discover.ts'
import { hasLongerHead, isSameFile, KnownFiles, newIdentity, readHead, sourceOf } from './identity.ts'
import type { Head, KnownFile } from './identity.ts'
import { FilePartition } from './read.ts'

export interface TrackSettings extends SearchSettings {
  readonly follow: boolean
  readonly startAt: 'beginning' | 'end'
  readonly pollIntervalMs: number
  readonly maxRecordSize: number
  readonly serviceName: string | undefined
}

/** A file without a name is read until it has been quiet for this long: its writer may take a while to let go. */
const closeAfterMs = 30_000

interface Tracked {
  readonly partition: FilePartition
  known: KnownFile
  /** Size at the last look, and since when it is the same and the file has no name; NaN: it has one. */
  size: number
  quietSinceMs: number
}

/** First bytes of gzip, zstd, xz and bzip2 files. */
const packed: readonly (readonly number[])[] = [
  [0x1f, 0x8b],
  [0x28, 0xb5, 0x2f, 0xfd],
  [0xfd, 0x37, 0x7a, 0x58, 0x5a],
  [0x42, 0x5a, 0x68],
]

/** Keeps track of the files of one source through rotation, truncation, deletion and restarts. */
export class FileInput implements RecordInput {
  readonly isBounded: boolean
  readonly #settings: TrackSettings
  readonly #ports: SourcePorts
  readonly #knownFiles: KnownFiles
  readonly #tracked = new Map<string, Tracked>()
  /** Generations whose file was truncated at this look: a copy of it may have been made before. */
  #truncated: Tracked[] = []
  /** Sizes of files that begin like a known one, at the look before. */
  readonly #twins = new Map<string, number>()
  readonly #complained = new Set<string>()
  #complaints = new Set<string>()
  #lookedAtMs = -Infinity
  #partitions: readonly FilePartition[] = []

  constructor(settings: TrackSettings, ports: SourcePorts) {
    this.#settings = settings
    this.#ports = ports
    this.isBounded = !settings.follow
    this.#knownFiles = new KnownFiles(ports.memory, ports.pipeline)
  }

  async discover(): Promise<readonly Partition[]> {
    const isFirst = this.#lookedAtMs === -Infinity
    const isDue = this.#ports.now() - this.#lookedAtMs >= this.#settings.pollIntervalMs
    if (isFirst || (this.#settings.follow && isDue)) {
      this.#lookedAtMs = this.#ports.now()
      await this.#look(isFirst)
    }
    return this.#partitions
  }

  async stop(): Promise<void> {
    for (const partition of this.#partitions) await partition.close()
    this.#partitions = []
    this.#tracked.clear()
  }

  async #look(isFirst: boolean): Promise<void> {
    this.#complaints = new Set()
    const found = new Map<string, FoundFile>()
    for (const file of await findFiles(this.#settings, this.#complain)) found.set(file.inode, file)
    if (isFirst) await this.#findLost(found)
    this.#truncated = []
    for (const [inode, tracked] of Array.from(this.#tracked)) await this.#follow(inode, tracked, found.get(inode))
    for (const file of found.values()) {
      if (!this.#tracked.has(file.inode)) await this.#guard(file.path, () => this.#add(file))
    }
    for (const { partition } of this.#truncated) partition.closeAtEnd()
    for (const path of this.#complained) if (!this.#complaints.has(path)) this.#complained.delete(path)
    await this.#list()
    this.#knownFiles.save()
  }

  /** Brings the list of partitions up to date: what is read now, and truncated generations until they are finished. */
  async #list(): Promise<void> {
    const current = new Set<FilePartition>()
    for (const { partition } of [...this.#tracked.values(), ...this.#truncated]) current.add(partition)
    for (const partition of this.#partitions) {
      if (current.has(partition)) continue
      if (partition.isFinished) await partition.close()
      else current.add(partition)
    }
    this.#partitions = [...current].sort(byName)
  }

  /** Files that were being read before a restart and have been renamed since; what has gone for good is forgotten. */
  async #findLost(found: Map<string, FoundFile>): Promise<void> {
    for (const inode of this.#knownFiles.inodes()) {
      const known = this.#knownFiles.get(inode)
      if (known === undefined || found.has(inode)) continue
      const sibling = (await siblingsOf(known.path)).get(inode)
      if (sibling === undefined) this.#knownFiles.delete(inode)
      else if (this.#settings.follow) found.set(inode, sibling)
    }
  }

  /** Looks at a file that is being read. */
  async #follow(inode: string, tracked: Tracked, file: FoundFile | undefined): Promise<void> {
    const { partition, known } = tracked
    if (file === undefined) {
      const isQuiet = partition.seenSize === tracked.size && !Number.isNaN(tracked.quietSinceMs)
      if (!isQuiet) tracked.quietSinceMs = this.#lookedAtMs
      tracked.size = partition.seenSize
      if (this.#lookedAtMs - tracked.quietSinceMs >= closeAfterMs) partition.closeAtEnd()
      if (!partition.isFinished) return
      this.#tracked.delete(inode)
      await partition.close()
      return
    }
    tracked.quietSinceMs = NaN
    const isSmaller = partition.isTruncated || file.size < partition.seenSize
    if (!isSmaller && file.size === tracked.size) return
    tracked.size = file.size
    await this.#guard(file.path, async () => {
      const handle = await open(file.path)
      const head = await readHead(handle)
      if (isSmaller || !isSameFile(known, head)) {
        this.#tracked.delete(inode)
        this.#truncated.push(tracked)
        await this.#restart(file, known, { handle, head })
        return
      }
      await handle.close()
      if (hasLongerHead(known, head)) tracked.known = this.#remember(inode, { ...known, ...headFacts(head) })
    })
  }

  /** A new generation of a file whose content was replaced. */
  async #restart(file: FoundFile, known: KnownFile, opened: { handle: FileHandle; head: Head }): Promise<void> {
    const generation = known.generation + 1
    this.#ports.report(
      new LogpipeError('LP_SOURCE_READ', `following ${file.path}: it was truncated, reading starts again at 0`, {
        retryable: true,
        remedy: 'Nothing, if that was meant; rotation by renaming loses no line.',
      }),
    )
    const next = { ...known, ...headFacts(opened.head), generation, mtimeMs: file.mtimeMs, start: 0 }
    await this.#track(file, this.#remember(file.inode, next), opened.handle)
  }

  /** A file that is not being read yet. */
  async #add(file: FoundFile): Promise<void> {
    const known = this.#knownFiles.get(file.inode)
    if (known === undefined && file.size === 0) return // Without a head it has no identity, and nothing to read.
    const handle = await open(file.path)
    const head = await readHead(handle)
    if (packed.some((magic) => magic.every((byte, i) => head.bytes[i] === byte))) {
      await handle.close()
      this.#complain(
        file.path,
        new LogpipeError('LP_SOURCE_READ', `reading ${file.path}: compressed files are not read`, {
          remedy: 'Inflate it, or leave it out with exclude.',
        }),
      )
    } else if (known !== undefined && isSameFile(known, head)) await this.#track(file, known, handle)
    else if (known !== undefined) await this.#restart(file, known, { handle, head })
    else if (!(await this.#adopt(file, head, handle))) await this.#addNew(file, head, handle)
  }

  /** A copy of a file that was then truncated goes on as the generation that was cut short. */
  async #adopt(file: FoundFile, head: Head, handle: FileHandle): Promise<boolean> {
    const at = this.#truncated.findIndex(
      ({ partition, known }) => isSameFile(known, head) && file.size >= partition.seenSize,
    )
    const original = this.#truncated[at]
    if (original === undefined) return false
    this.#truncated.splice(at, 1)
    await original.partition.moveTo(handle)
    this.#remember(file.inode, original.known)
    this.#tracked.set(file.inode, { ...original, size: file.size, quietSinceMs: NaN })
    return true
  }

  async #addNew(file: FoundFile, head: Head, handle: FileHandle): Promise<void> {
    const identity = newIdentity(head, (other) => this.#knownFiles.isTaken(other))
    const isCopy = identity !== newIdentity(head, () => false) || this.#beginsLikeTracked(head)
    if (isCopy && this.#settings.follow && this.#twins.get(file.inode) !== file.size) {
      this.#twins.set(file.inode, file.size) // It may be a copy whose original is about to be truncated.
      await handle.close()
      return
    }
    this.#twins.delete(file.inode)
    const start = this.#settings.startAt === 'end' ? file.size : 0
    const { path, mtimeMs } = file
    const known = { path, identity, generation: 0, ...headFacts(head), mtimeMs, start }
    await this.#track(file, this.#remember(file.inode, known), handle)
  }

  #beginsLikeTracked(head: Head): boolean {
    for (const { known } of this.#tracked.values()) if (known.length > 0 && isSameFile(known, head)) return true
    return false
  }

  /** Files that are followed stay open, so that a rename or deletion loses nothing; others are opened when read. */
  async #track(file: FoundFile, known: KnownFile, handle: FileHandle): Promise<void> {
    const { follow, maxRecordSize, serviceName } = this.#settings
    if (!follow) await handle.close()
    const partition = new FilePartition(
      {
        source: sourceOf(known, this.#ports.pipeline, serviceName),
        path: file.path,
        inode: file.inode,
        start: known.start,
        mtimeMs: known.mtimeMs,
        maxRecordSize,
        endAt: follow ? undefined : file.size,
      },
      follow ? handle : undefined,
    )
    this.#tracked.set(file.inode, { partition, known, size: file.size, quietSinceMs: NaN })
  }

  #remember(inode: string, known: KnownFile): KnownFile {
    this.#knownFiles.set(inode, known)
    return known
  }

  /** One file that cannot be read does not stop the others. */
  async #guard(file: string, run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (cause) {
      this.#complain(file, new LogpipeError('LP_SOURCE_READ', `reading ${file}`, { cause, retryable: true }))
    }
  }

  /** Reports once, and again only after a look without this complaint. */
  readonly #complain = (file: string, error: LogpipeError): void => {
    this.#complaints.add(file)
    if (this.#complained.has(file)) return
    this.#complained.add(file)
    this.#ports.report(error)
  }
}

function headFacts(head: Head): Pick<KnownFile, 'length' | 'hash'> {
  return { length: head.bytes.length, hash: head.hash }
}

function byName(a: FilePartition, b: FilePartition): number {
  if (a.source.name !== b.source.name) return a.source.name < b.source.name ? -1 : 1
  return a.source.id < b.source.id ? -1 : 1
}
