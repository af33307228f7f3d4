import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { readStream, StoredStream } from '../../../src/source/stdin.ts'
import { FakePorts, plainSource, readAll } from '../../support/source-ports.ts'

const first = '{"level":30,"time":1795299255003,"pid":1,"hostname":"a","msg":"慢请求"}'
const second = '{"level":50,"time":1795299255004,"pid":1,"hostname":"a","msg":"declined"}'

describe('stored input', () => {
  test('every line is stored before it is read, the last one also without LF, and then it ends', async () => {
    const ports = new FakePorts()
    const bytes = Buffer.from(`${first}\n${second}`)
    const input = new StoredStream(Readable.from([bytes.subarray(0, 70), bytes.subarray(70)]), 1 << 20, ports)
    const [partition] = await input.discover()
    if (partition === undefined) throw new Error('there is no partition')
    let result = await readAll(partition)
    for (let round = 0; !result.isFinished && round < 1000; round++) {
      await new Promise((resolve) => setImmediate(resolve))
      result = await readAll(partition)
    }
    expect(result).toMatchObject({ values: [first, second], isFinished: true })
    expect(ports.journal.stored).toEqual(
      [first, second].map((text) => ({ input: 'stdin-web', text, atMs: ports.nowMs })),
    )
    await input.stop()
    await input.stop()
  })

  test('nothing is read before the first look, and stop is harmless then', async () => {
    const ports = new FakePorts()
    const stream = Readable.from([Buffer.from(`${first}\n`)])
    await new StoredStream(stream, 1 << 20, ports).stop()
    expect([ports.journal.stored, stream.destroyed]).toEqual([[], false])
  })

  test('an input that breaks keeps what came before and is reported', async () => {
    const ports = new FakePorts()
    async function* broken(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.from(`${first}\n${second.slice(0, 20)}`))
      throw new Error('read EIO')
    }
    const input = new StoredStream(Readable.from(broken()), 1 << 20, ports)
    const [partition] = await input.discover()
    if (partition === undefined) throw new Error('there is no partition')
    let result = await readAll(partition)
    for (let round = 0; !result.isFinished && round < 1000; round++) {
      await new Promise((resolve) => setImmediate(resolve))
      result = await readAll(partition)
    }
    expect(result.values).toEqual([first, second.slice(0, 20)])
    expect(ports.errors).toEqual(['reading the standard input'])
  })
})

describe('reading a stream once', () => {
  test.each([1, 40, 1 << 20])('gives all lines with byte offsets for reads of %i bytes', async (maxBytes) => {
    const bytes = Buffer.from(`${first}\r\n\n${second}`)
    const chunks = [bytes.subarray(0, 10), bytes.subarray(10, 71), bytes.subarray(71)]
    const partition = readStream(Readable.from(chunks), plainSource('stdin'))
    const result = await readAll(partition, 0n, maxBytes)
    expect(result).toEqual({ values: [first, '', second], next: BigInt(bytes.length), isFinished: true })
  })

  test('refuses a position that it has passed', async () => {
    const partition = readStream(Readable.from([Buffer.from(`${first}\n`)]), plainSource('stdin'))
    await partition.read(0n, 1000)
    await expect(partition.read(0n, 1000)).rejects.toMatchObject({ code: 'LP_REPLAY_RANGE' })
  })

  test('an empty stream ends at once', async () => {
    const partition = readStream(Readable.from([]), plainSource('stdin'))
    expect(await readAll(partition)).toEqual({ values: [], next: 0n, isFinished: true })
  })
})
