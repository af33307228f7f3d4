export * from './clock.ts' // planted: logpipe(no-barrels) no `export *`
export { systemClock } from './clock.ts' // planted: logpipe(no-barrels) no re-exports inside src
