import { errorRate } from './derive/error-rate.ts'
import { fold } from './derive/fold.ts'
import { gone } from './sink/gone.ts'

export const registry = { derive: [errorRate, fold], sink: [gone] }
