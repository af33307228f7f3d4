import type { B } from './cycle-b.ts' // planted: import(no-cycle)

export interface A {
  readonly b?: B
}
