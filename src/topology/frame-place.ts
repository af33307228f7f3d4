import { comparePositions, type Frame } from '../core/frame.ts'

/** A place between two frames of a source, as JSON: offset, sub, watermark, whether the source has ended. */
export type Place = readonly [offset: string, sub: number, watermark: number, isEnded: boolean]

export function placeOfFrame({ to, watermark, isEnd }: Frame): Place {
  return [String(to.offset), to.sub, watermark, isEnd]
}

/** True if `at` is not before `place`. Frames without records differ in the watermark alone. */
export function isReached(at: Place, place: Place): boolean {
  const order = comparePositions({ offset: BigInt(at[0]), sub: at[1] }, { offset: BigInt(place[0]), sub: place[1] })
  if (order !== 0) return order > 0
  return at[2] >= place[2] && (at[3] || !place[3])
}
