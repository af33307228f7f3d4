import type { Partition } from '../core/component.ts'
import { RecordBatch, type Source } from '../core/record-batch.ts'

/** Stands for a partition that is not there any more: it ends where it was read to, so that what was read of it counts. */
export function gonePartition(source: Source, position: bigint): Partition {
  return {
    source,
    start: 0n,
    end: () => position,
    read: async (from) => {
      const records = new RecordBatch(source, new Uint8Array(0), from, 0)
      return { records, isAtEnd: true, isFinished: true }
    },
    close: async () => {},
  }
}
