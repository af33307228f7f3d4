import type { EventBatch } from '../core/event-batch.ts'
import type { Frame } from '../core/frame.ts'
import type { RecordBatch } from '../core/record-batch.ts'
import type { Decision } from '../core/unit.ts'
import type { PartitionRun, DeriveStanding } from './partition-run.ts'

/** What flows through the stages: records of one partition, or a decision about it. */
export interface Delivery<State extends DeriveStanding> {
  readonly run: PartitionRun<State>
  /** Empty if this is a decision. */
  readonly records: RecordBatch
  readonly decision: Decision | undefined
  /** Its outputs were committed by a run before: state is built anew, sinks get nothing. */
  readonly isMuted: boolean
  readonly events: EventBatch
  readonly frames: Frame[]
}
