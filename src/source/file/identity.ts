import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { SourceMemory } from '../../core/component.ts'
import type { Json } from '../../core/event-batch.ts'
import type { Source } from '../../core/record-batch.ts'

/** Bytes of the head that tell a file from others (`docs/delivery.md` section 8). */
const headSize = 1024

/** What is remembered of a file over restarts, by its device and inode. */
export interface KnownFile {
  /** Path when it was first seen: `log.file.path` of its events, also after a rename. */
  readonly path: string
  /** 12 hex digits: the head of its event ids. Stays when a short file grows. */
  readonly identity: string
  /** Counts how often it was truncated. */
  readonly generation: number
  /** First bytes that are compared to find out whether it is still the same: their number and SHA-256, hex. */
  readonly length: number
  readonly hash: string
  /** Modification time when first seen, epoch ms: the record time of its first line. */
  readonly mtimeMs: number
  /** Where reading began. */
  readonly start: number
}

export interface Head {
  readonly bytes: Uint8Array
  readonly hash: string
}

export async function readHead(handle: FileHandle): Promise<Head> {
  const { buffer, bytesRead } = await handle.read(new Uint8Array(headSize), 0, headSize, 0)
  const bytes = buffer.subarray(0, bytesRead)
  return { bytes, hash: sha256(bytes) }
}

/** True if a file that begins with `head` is the one that was known. */
export function isSameFile(known: Pick<KnownFile, 'length' | 'hash'>, head: Head): boolean {
  if (head.bytes.length < known.length) return false
  return sha256(head.bytes.subarray(0, known.length)) === known.hash
}

/** True if more of the head is there now than was remembered. */
export function hasLongerHead(known: KnownFile, head: Head): boolean {
  return head.bytes.length > known.length
}

/**
 * Identity of a new file. Files with equal heads get different ones: the first has the plain hash of the head, the next
 * that of the head's hash with `#1`, `#2` ... in the order in which they are found.
 */
export function newIdentity(head: Head, isTaken: (identity: string) => boolean): string {
  let identity = head.hash.slice(0, 12)
  for (let twin = 1; isTaken(identity); twin++) identity = sha256(`${head.hash}#${twin}`).slice(0, 12)
  return identity
}

/** `Source` of one generation of a file. */
export function sourceOf(known: KnownFile, pipeline: string, serviceName: string | undefined): Source {
  const service = serviceName === undefined ? [] : [{ field: 'service.name', value: serviceName }]
  return {
    id: `file-${known.identity}-${known.generation}`,
    name: known.path,
    pipeline,
    constants: [
      ...service,
      { field: 'log.file.path', value: known.path },
      { field: 'logpipe.pipeline', value: pipeline },
    ],
    isFile: true,
    idHead: Buffer.from(known.identity, 'hex'),
    idTail: Uint8Array.of((known.generation >> 8) & 0xff, known.generation & 0xff, 0, 0),
  }
}

/** The files that a pipeline knows, kept in its memory as one value. */
export class KnownFiles {
  readonly #memory: SourceMemory
  readonly #key: string
  readonly #byInode: Map<string, KnownFile>
  #isChanged = false

  constructor(memory: SourceMemory, pipeline: string) {
    this.#memory = memory
    this.#key = `file:${pipeline}`
    const saved = memory.get(this.#key)
    // Only `save` writes this key.
    this.#byInode = new Map(
      Object.entries((saved ?? {}) as Record<string, Json> as unknown as Record<string, KnownFile>),
    )
  }

  get(inode: string): KnownFile | undefined {
    return this.#byInode.get(inode)
  }

  set(inode: string, known: KnownFile): void {
    this.#byInode.set(inode, known)
    this.#isChanged = true
  }

  delete(inode: string): void {
    if (this.#byInode.delete(inode)) this.#isChanged = true
  }

  inodes(): string[] {
    return [...this.#byInode.keys()]
  }

  isTaken(identity: string): boolean {
    for (const known of this.#byInode.values()) if (known.identity === identity) return true
    return false
  }

  save(): void {
    if (!this.#isChanged) return
    const all: Record<string, Json> = {}
    for (const [inode, known] of this.#byInode) all[inode] = { ...known }
    this.#memory.set(this.#key, all)
    this.#isChanged = false
  }
}

function sha256(value: Uint8Array | string): string {
  return createHash('sha256').update(value).digest('hex')
}
