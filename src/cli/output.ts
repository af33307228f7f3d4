import { write } from 'node:fs'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { LogpipeError } from '../core/error.ts'

const writeFile = promisify(write)

/** How long to wait for a reader when a pipe that may not block is full. */
const fullWaitMs = 5

/**
 * Standard output. Writes go to the file descriptor on another thread, so that a reader that does not read never keeps
 * signals from being heard.
 */
export class Output {
  readonly isTerminal: boolean
  readonly #fd: number

  constructor(fd = 1, isTerminal = process.stdout.isTTY) {
    this.#fd = fd
    this.isTerminal = isTerminal
  }

  /** Resolves once all bytes are taken. Rejects with LP_SINK_WRITE; see `isClosedPipe`. */
  async bytes(bytes: Uint8Array): Promise<void> {
    let at = 0
    while (at < bytes.length) at += await this.#some(bytes, at)
  }

  /** One line of text; the line feed is added. */
  async line(text: string): Promise<void> {
    await this.bytes(Buffer.from(`${text}\n`))
  }

  async lines(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.line(lines.join('\n'))
  }

  /** One JSON document that carries its schema: `logpipe.<command>.v1`. */
  async document(command: string, content: Readonly<Record<string, unknown>>): Promise<void> {
    await this.line(JSON.stringify({ schema: `logpipe.${command}.v1`, ...content }, undefined, 2))
  }

  async #some(bytes: Uint8Array, at: number): Promise<number> {
    try {
      const { bytesWritten } = await writeFile(this.#fd, bytes, at, bytes.length - at)
      return bytesWritten
    } catch (cause) {
      if (codeOf(cause) !== 'EAGAIN') throw new LogpipeError('LP_SINK_WRITE', 'writing standard output', { cause })
      await delay(fullWaitMs)
      return 0
    }
  }
}

/** True if the reader of standard output has gone: the command has nothing left to do, and nothing is wrong. */
export function isClosedPipe(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (codeOf(at) === 'EPIPE') return true
  return false
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
