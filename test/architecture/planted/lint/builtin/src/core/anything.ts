export type Anything = any // planted: typescript(no-explicit-any)
