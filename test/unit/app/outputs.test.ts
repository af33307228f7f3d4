import { expect, test } from 'vitest'
import { withOutputs } from '../../../src/app/outputs.ts'
import { loadConfig } from '../../../src/app/project.ts'
import type { Output } from '../../../src/core/unit.ts'
import { FakeUnitLog } from '../../support/fake-unit-log.ts'
import { withFiles } from '../../support/config-files.ts'

function output(stage: Output['stage'], id: string): Output {
  return { stage, id, revision: 1, key: id, value: `{"id":"${id}"}`, headers: {} }
}

async function written(main: string): Promise<string[]> {
  const { project } = withFiles({ 'logpipe.yaml': main }, (cwd) => loadConfig({ cwd, env: {} }))
  const lines: string[] = []
  const inner = new FakeUnitLog()
  const store = { write: () => expect.fail('no event'), stop: async () => {} }
  const stdout = async (bytes: Uint8Array): Promise<void> => {
    expect(inner.metrics.size).toBe(0) // Before the commit: nothing is left out by a crash.
    lines.push(...Buffer.from(bytes).toString('utf8').trimEnd().split('\n'))
  }
  const log = withOutputs(inner, project!, { stdout, store })
  const claim = await log.claim('alert')
  const place = { offset: 0n, sub: 0 }
  const outputs = [output('metric', 'm1'), output('alert', 'a1'), output('metric', 'm2')]
  const commit = { unit: 'alert', seq: 1, from: place, next: place, decisions: [], outputs, progress: {} }
  expect(await log.commit([{ claim, commit }])).toBe('committed')
  expect([inner.metrics.size, inner.alerts.length]).toEqual([2, 1])
  return lines
}

test.each([
  ['app: logpipe', []],
  ['outputs: { metrics: [{ type: stdout }] }', ['{"id":"m1"}', '{"id":"m2"}']],
  ['outputs: { alerts: [{ type: stdout }] }', ['{"id":"a1"}']],
])('with %s the documents of a commit go to %j as well', async (main, lines) => {
  expect(await written(main)).toEqual(lines)
})
