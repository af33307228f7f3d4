export function impure(startMs: number, text: string): unknown[] {
  setTimeout(() => undefined, 1) // planted: logpipe(pure-core) setTimeout is banned
  const moments = [
    Date.now(), // planted: logpipe(pure-core) Date.now is banned
    new Date(), // planted: logpipe(pure-core) new Date is banned
    new Date(startMs), // planted: logpipe(pure-core) new Date is banned
    performance.now(), // planted: logpipe(pure-core) performance is banned
    process.hrtime.bigint(), // planted: logpipe(pure-core) process.hrtime is banned
  ]
  const chances = [
    Math.random(), // planted: logpipe(pure-core) Math.random is banned
    crypto.randomUUID(), // planted: logpipe(pure-core) crypto is banned
  ]
  const locales = [
    text.toLocaleLowerCase(), // planted: logpipe(pure-core) toLocaleLowerCase is banned
    text.localeCompare('b'), // planted: logpipe(pure-core) localeCompare is banned
    new Intl.NumberFormat(), // planted: logpipe(pure-core) Intl is banned
  ]
  return [moments, chances, locales]
}

/** Time that came in, and arithmetic on it, are what the core is made of. */
export function pure(performance: number, setTimeout: number): number {
  return Date.UTC(2026, 0, 1) + performance + setTimeout
}

export interface Door {
  readonly fetch: typeof fetch
  readonly format: Intl.DateTimeFormat
}

export function zoned(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', { timeZone, hour: '2-digit' })
}

export function local(): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US') // planted: logpipe(pure-core) Intl is banned
}
