import { expect, test } from 'vitest'
import { eventId, hashFields, hashId } from '../../../src/core/id.ts'
import type { Source } from '../../../src/core/record-batch.ts'

function sourceWith(idTail: Uint8Array | undefined): Source {
  const idHead = new Uint8Array([1, 2, 3, 4, 5, 6])
  return { id: 's', name: 's', pipeline: 'p', constants: [], isFile: idTail !== undefined, idHead, idTail }
}

test('an event id packs head, offset and tail', () => {
  const bytes = Buffer.from([1, 2, 3, 4, 5, 6, 0, 0, 0, 1, 0, 2, 9, 9, 0, 0])
  const id = eventId(sourceWith(new Uint8Array([9, 9, 0, 0])), 65_538n, 7, 0)
  expect(id).toBe(bytes.toString('base64url'))
})

test('without a tail the low four bytes of the record time end it, so a re-created topic gives new ids', () => {
  const at = Buffer.alloc(4)
  at.writeUInt32BE(1_795_299_255_106 % 2 ** 32)
  const id = eventId(sourceWith(undefined), 0n, 1_795_299_255_106, 0)
  expect(Buffer.from(id, 'base64url').subarray(12)).toEqual(at)
})

test('later events of one record have their number behind a point', () => {
  const source = sourceWith(new Uint8Array(4))
  expect(eventId(source, 5n, 0, 3)).toBe(`${eventId(source, 5n, 0, 0)}.3`)
})

test('ids of hashes are 22 characters, and fields do not run into each other', () => {
  expect(hashId(['a', 'b'])).toHaveLength(22)
  expect(hashId(['ab', ''])).not.toBe(hashId(['a', 'b']))
  expect(hashFields(['x'], 6)).toHaveLength(6)
})
