/** What may be used from outside; everything else is private and may change. */
export { check } from './config/check.ts'
