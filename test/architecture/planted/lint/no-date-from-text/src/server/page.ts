export function wrong(text: string): unknown[] {
  return [
    new Date(text), // planted: logpipe(no-date-from-text)
    new Date('2026-01-05'), // planted: logpipe(no-date-from-text)
    new Date(2026, 0, 5), // planted: logpipe(no-date-from-text)
    Date.parse(text), // planted: logpipe(no-date-from-text)
  ]
}

export function allowed(startMs: number): Date[] {
  return [new Date(), new Date(startMs), new Date(Date.now() - 1000), new Date(0)]
}
