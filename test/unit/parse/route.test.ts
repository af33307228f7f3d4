import { expect, test } from 'vitest'
import { bytesOf, textOf } from '../../../src/core/byte-writer.ts'
import { EventBatch, EventTables } from '../../../src/core/event-batch.ts'
import { EventWriter } from '../../../src/core/event-writer.ts'
import { routeOf } from '../../../src/parse/route.ts'
import { recordsOf } from '../../support/parse.ts'

function route(path: string): string {
  const batch = new EventBatch(new EventTables())
  batch.reset(recordsOf(path))
  const out = new EventWriter(batch)
  out.begin()
  const bytes = bytesOf(path)
  const from = routeOf(bytes, 0, bytes.length, out)
  return from < 0 ? path : textOf(batch.scratch, from, batch.scratchEnd)
}

test.each([
  ['/', '/'],
  ['/pay', '/pay'],
  ['/api/v1/orders/', '/api/v1/orders/'],
  ['/api/v2.1/oauth2/token', '/api/v2.1/oauth2/token'],
  ['/api/orders/1042', '/api/orders/{id}'],
  ['/api/orders/1042/items/7', '/api/orders/{id}/items/{id}'],
  ['/orders/O-1042', '/orders/{id}'],
  ['/users/user_7/avatar', '/users/{id}/avatar'],
  ['/u/3f2504e0-4f89-11d3-9a0c-0305e82c3301', '/u/{id}'],
  ['/blob/deadbeef01', '/blob/{id}'],
  ['/faded/deadbeef', '/faded/deadbeef'],
  ['/report/2026-11-21', '/report/{id}'],
  ['/users/alice@example.org/keys', '/users/{id}/keys'],
  ['/s/5fXk29aQzT7bLw3c', '/s/{id}'],
  ['/static/app.3f2a.js', '*.js'],
  ['/img/logo.PNG', '*.PNG'],
  ['/download/report.docx', '/download/report.docx'],
  ['/a/b/c/d/e/f/g/h', '/a/b/c/d/e/f/g/h'],
  ['/a/b/c/d/e/f/g/h/i/j', '/a/b/c/d/e/f/g/h/*'],
  ['/a/1/c/d/e/f/g/h/i', '/a/{id}/c/d/e/f/g/h/*'],
  ['/搜索/报表', '/搜索/报表'],
])('the route of %s is %s', (path, expected) => {
  expect(route(path)).toBe(expected)
})
