import type { z } from 'zod'
import type { Verdict } from '../core/component.ts'
import { threshold, type Threshold } from '../core/config-field.ts'

/** Keys of condition rules that compare a value with limits; `levels` of a rule has them, too. */
export const limitKeys = {
  above: threshold({ about: 'True while the value is greater.' }).optional(),
  below: threshold({ about: 'True while the value is less; with `above`: outside of the band.' }).optional(),
  recover_below: threshold({ about: 'Once true, it stays true until the value is at or below this.' }).optional(),
  recover_above: threshold({ about: 'Once true, it stays true until the value is at or above this.' }).optional(),
} satisfies z.ZodRawShape

export interface Limits {
  readonly above?: Threshold | undefined
  readonly below?: Threshold | undefined
  readonly recover_below?: Threshold | undefined
  readonly recover_above?: Threshold | undefined
}

/** The limit that an alert shows; NaN if there is none. */
export function shownLimit(limits: Limits): number {
  return limits.above?.value ?? limits.below?.value ?? NaN
}

/** The answer for a value; NaN is no value. Strict: a value equal to its limit is within. */
export function judge(limits: Limits, value: number, wasTrue: boolean): Verdict {
  if (Number.isNaN(value)) return { isTrue: false, value, reason: 'no_value' }
  const { above, below } = limits
  if (above !== undefined && value > above.value) return { isTrue: true, value, reason: 'above' }
  if (below !== undefined && value < below.value) return { isTrue: true, value, reason: 'below' }
  if (wasTrue && above !== undefined && value > (limits.recover_below ?? above).value) {
    return { isTrue: true, value, reason: 'recovering' }
  }
  if (wasTrue && below !== undefined && value < (limits.recover_above ?? below).value) {
    return { isTrue: true, value, reason: 'recovering' }
  }
  return { isTrue: false, value, reason: 'within' }
}
