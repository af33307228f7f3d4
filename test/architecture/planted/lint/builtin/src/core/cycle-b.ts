import type { A } from './cycle-a.ts' // planted: import(no-cycle)

export interface B {
  readonly a?: A
}
