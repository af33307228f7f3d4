import { expect, test } from 'vitest'
import { fingerprint, sortedNames } from '../../../src/core/fingerprint.ts'

test.each([
  [{}, 'cbf29ce484222325'],
  [{ alertname: 'DemoAlert', severity: 'critical', server: 'ni3' }, '8a07086b74f3ba78'],
  [{ alertname: 'test1', severity: 'warning' }, '8f14a41207c8456c'],
  [{ alertname: 'Grösse', service: '结算' }, '3d610c70473b5213'],
])('the fingerprint of %j is that of Alertmanager', (labels, expected) => {
  expect(fingerprint(labels)).toBe(expected)
})

test('names are sorted by their UTF-8 bytes, not by UTF-16 units', () => {
  expect(sortedNames({ '\u{10000}': '1', '\u{ffff}': '2', a: '3' })).toEqual(['a', '\u{ffff}', '\u{10000}'])
})
