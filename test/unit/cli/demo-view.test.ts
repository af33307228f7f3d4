import { expect, test } from 'vitest'
import { demoLines, demoPicture, DemoScreen, summaryText } from '../../../src/cli/demo-view.ts'
import { DemoFigures, type DemoFrame, type Transition } from '../../../src/cli/demo-figures.ts'
import type { Output } from '../../../src/cli/output.ts'
import { painter } from '../../../src/cli/terminal-text.ts'
import { EventBatch, EventTables } from '../../../src/core/event-batch.ts'
import { createParseStage } from '../../../src/parse/parser.ts'
import { formats } from '../../../src/registry.ts'
import { goldenSettings, plainSource, recordsOf } from '../../support/parse.ts'

const t = Date.UTC(2026, 0, 5, 10, 6, 45)

function transition(change: Partial<Transition> = {}): Transition {
  return {
    kind: 'firing',
    rule: 'server-errors',
    alertId: 'a1',
    labels: { severity: 'high', service_name: 'checkout' },
    annotations: { summary: 'checkout fails for 10.6 % of requests' },
    t,
    value: 0.106,
    ...change,
  }
}

const frame: DemoFrame = {
  services: [
    { name: 'checkout', perSecond: 120.4, errorShare: 0.4, slowShare: 0, errorHistory: [0, 0.4], slowHistory: [0, 0] },
    { name: 'evil\u001b[2J', perSecond: 3, errorShare: 0, slowShare: 0.5, errorHistory: [0], slowHistory: [0.5] },
  ],
  perSecond: 123.4,
  alerts: [transition()],
}
const position = { watermarkMs: t, share: 0.45 }
const screen = { columns: 100, rows: 24, paint: painter(false) }

test('the picture shows position, services and alerts', () => {
  expect(demoPicture(frame, position, screen).map((line) => line.trimEnd())).toEqual([
    'logpipe demo  10:06:45  [#########...........] 45%  123 events/s',
    '',
    'SERVICE       events/s  errors               slower than 0.5 s',
    'checkout      120        40.0% ▁▇              0.0% ▁▁',
    'evil\\u001b[2J 3           0.0% ▁              50.0% █',
    '',
    'ALERTS',
    '● 10:06:45 FIRING   high     server-errors  checkout fails for 10.6 % of requests',
  ])
})

test('no line is wider than the screen, and no more lines come than it has', () => {
  const alerts = Array.from({ length: 50 }, (_, i) => transition({ alertId: String(i) }))
  const lines = demoPicture({ ...frame, alerts }, position, { columns: 40, rows: 12, paint: painter(false) })
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(40)
  expect(lines.length).toBeLessThan(12)
})

test('before the first event there is a picture, too', () => {
  const lines = demoPicture({ services: [], perSecond: 0, alerts: [] }, { watermarkMs: -Infinity, share: 0 }, screen)
  expect(lines[0]).toContain('--:--:--')
  expect(lines.at(-1)).toContain('no alerts yet')
})

test('a picture is drawn over the one before', async () => {
  let written = ''
  const output = { bytes: async (bytes: Uint8Array) => void (written += Buffer.from(bytes).toString()) }
  const shown = new DemoScreen(output as unknown as Output, () => screen)
  await shown.show(frame, position)
  expect(written).not.toContain('A\r')
  written = ''
  await shown.show(frame, position)
  expect(written.startsWith('\u001b[8A\r')).toBe(true)
  expect(written.endsWith('\u001b[J')).toBe(true)
})

test('lines for a pipe have changes first, then figures', () => {
  expect(demoLines([transition({ kind: 'resolved' })], frame, position)).toEqual([
    '○ 10:06:45 RESOLVED high     server-errors  checkout fails for 10.6 % of requests',
    '10:06:45 123 events/s, errors up to 40.0%, slow up to 50.0%',
  ])
})

test('figures count events, shares and the alerts that people are told of', () => {
  const figures = new DemoFigures()
  const tables = new EventTables()
  const lines = [200, 500, 200, 503].map(
    (status, i) =>
      `{"level":30,"time":${t},"pid":1,"req":{"method":"GET","url":"/pay"},"res":{"statusCode":${status}},"responseTime":${i === 0 ? 900 : 9}}`,
  )
  const source = { ...plainSource(), constants: [{ field: 'service.name', value: 'checkout' }] }
  const records = recordsOf(`${lines.join('\n')}\n\n`, { source })
  const events = new EventBatch(tables)
  events.reset(records)
  createParseStage(goldenSettings(), formats, tables).parserFor(source).parse(records, events)
  figures.count(events)
  figures.add(transition({ kind: 'pending' }))
  figures.add(transition())
  figures.add(transition({ alertId: 'a2' }))
  figures.add(transition({ kind: 'resolved' }))
  expect(figures.totals).toEqual({ lines: 5, events: 4, dropped: 1, dead: 0, fired: 2, resolved: 1 })
  const first = figures.frame(2)
  expect(first.services).toEqual([
    { name: 'checkout', perSecond: 2, errorShare: 0.5, slowShare: 0.25, errorHistory: [0.5], slowHistory: [0.25] },
  ])
  expect(first.alerts.map(({ alertId, kind }) => [alertId, kind])).toEqual([
    ['a1', 'resolved'],
    ['a2', 'firing'],
  ])
  expect(figures.frame(2).services[0]).toMatchObject({ perSecond: 0, errorShare: 0, errorHistory: [0.5, 0] })
  expect(summaryText(figures.totals)).toBe('5 lines: 4 events, 1 dropped, 0 dead letters. Alerts: 2 fired, 1 resolved.')
})
