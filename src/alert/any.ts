import { z } from 'zod'
import { defineAlert } from '../core/component.ts'

/** Every event that meets `where` is an occurrence. */
export const any = defineAlert({
  type: 'any',
  summary: 'Any matching event.',
  stability: 'stable',
  kind: 'occurrence',
  config: z.strictObject({}),
  example: {},
  build: () => ({ rule: { kind: 'occurrence', windowMs: 0, occurs: () => true }, threshold: NaN }),
})
