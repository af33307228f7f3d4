import { expect, test } from 'vitest'
import { csvLine } from '../../../src/cli/csv.ts'
import { eventLine } from '../../../src/cli/event-line.ts'
import { countOf, momentOf } from '../../../src/cli/flag-value.ts'
import { painter } from '../../../src/cli/terminal-text.ts'
import type { JsonObject } from '../../../src/core/event-batch.ts'

const event: JsonObject = {
  '@timestamp': '2026-11-21T22:14:15.003Z',
  message: 'POST /pay\u001b[2J',
  service: { name: 'pay' },
  event: { duration: 1_203_000_000 },
  http: { response: { status_code: 502 } },
  url: { path: '/pay' },
  logpipe: { level: 'error' },
}
const plain = { paint: painter(false), fields: [] }

test('an event is a line: time, level, service, message, status, duration', () => {
  expect(eventLine(event, plain)).toBe('2026-11-21 22:14:15.003 ERROR pay POST /pay\\u001b[2J 502 1.2s')
})

test('chosen fields take the place of the usual ones', () => {
  expect(eventLine(event, { ...plain, fields: ['url.path', 'user.name'] })).toBe(
    '2026-11-21 22:14:15.003 ERROR pay POST /pay\\u001b[2J url.path=/pay',
  )
})

test('a stack trace goes on in lines of its own', () => {
  const failed = { ...event, message: 'declined', error: { stack_trace: 'Error: declined\n    at pay (a.js:1)\rX' } }
  expect(eventLine(failed, plain).split('\n').slice(1)).toEqual([
    '    Error: declined',
    '        at pay (a.js:1)\\u000dX',
  ])
})

test.each([
  [['a', 'b c'], 'a,b c'],
  [['say "hi", you', 'two\nlines'], '"say ""hi"", you","two\nlines"'],
  [['=HYPERLINK("x")', '@cmd', '-1.5', '+3'], `"'=HYPERLINK(""x"")",'@cmd,-1.5,+3`],
])('cells %j as CSV', (cells, line) => {
  expect(csvLine(cells)).toBe(line)
})

test('flags that are times and counts', () => {
  expect(momentOf('--from', undefined, 0)).toBeUndefined()
  expect(momentOf('--from', '-1h', 7_200_000)).toBe(3_600_000)
  expect(() => momentOf('--from', 'noon', 0)).toThrow('--from noon is no time')
  expect(countOf('--limit', '12')).toBe(12)
  for (const text of ['0', '-1', '1e3', 'many', '']) expect(() => countOf('--limit', text)).toThrow('--limit')
})
