import { describe, expect, it } from 'vitest'
import { holds, parseCondition, type Condition } from '../../../src/core/condition.ts'
import type { Json } from '../../../src/core/event-batch.ts'

function conditionOf(text: string): Condition {
  const { condition, fault } = parseCondition(text)
  if (fault !== undefined) throw new Error(fault.message)
  return condition
}

describe('a condition', () => {
  it.each<[string, Json | undefined, boolean]>([
    ['service.name = "checkout"', 'checkout', true],
    ['service.name = checkout', 'checkout', true],
    ['service.name = "checkout"', 'Checkout', false],
    ['service.name = "checkout"', undefined, false],
    ['service.name != "checkout"', 'api', true],
    ['service.name != "checkout"', undefined, true],
    ['service.name = \'say "hi"\'', 'say "hi"', true],
    ['message = "a \\"b\\" \\\\ c"', 'a "b" \\ c', true],
    ['http.response.status_code >= 500', 500, true],
    ['http.response.status_code >= 500', 499, false],
    ['http.response.status_code >= 500', undefined, false],
    ['http.response.status_code = 404', 404, true],
    ['http.response.status_code in [500, 502,503]', 502, true],
    ['event.duration > 800ms', 800_000_001, true],
    ['event.duration > 1m30s', 90e9, false],
    ['http.response.body.bytes >= 1MiB', 1_048_576, true],
    ['http.response.body.bytes >= 1MB', 999_999, false],
    ['attributes.retries = 3', '3', true],
    ['attributes.retries = 3', 3, true],
    ['attributes.retries = "3"', '3.0', false],
    ['attributes.retries < 3', '2.5', true],
    ['attributes.retries < 3', 'two', false],
    ['event.category = "authentication"', ['web', 'authentication'], true],
    ['event.category != "authentication"', ['web', 'authentication'], false],
    ['event.category != "authentication"', ['web'], true],
    ['logpipe.error = true', true, true],
    ['logpipe.level >= warn', 'error', true],
    ['logpipe.level >= warn', 'info', false],
    ['logpipe.level in ["error", "fatal"]', 'fatal', true],
    ['user.name exists', 'ann', true],
    ['user.name exists', null, false],
    ['user.name missing', undefined, true],
    ['message contains "Out of memory"', 'kernel: Out of memory: Killed process 1', true],
    ['message contains "out of memory"', 'kernel: Out of memory: Killed process 1', false],
    ['url.path =~ "/api/v[12]/.*"', '/api/v2/cart', true],
    ['url.path =~ "/api/v[12]"', '/api/v2/cart', false],
    ['url.path matches "/api/v[12]"', '/api/v2/cart', true],
    ['url.path !~ "/api/.*"', undefined, true],
    ['message matches "(?i)timed? ?out after \\d+ms"', 'request TIMEOUT after 30ms', true],
  ])('%s on %j is %j', (text, value, expected) => {
    expect(holds(conditionOf(text), value)).toBe(expected)
  })

  it.each<[string, string, number]>([
    ['', 'bad_condition', 0],
    ['= 5', 'bad_condition', 0],
    ['service.name', 'bad_condition', 12],
    ['service.name is "api"', 'bad_condition', 13],
    ['service.name = ', 'bad_condition', 15],
    ['service.name = "api', 'bad_condition', 15],
    ['service.name = "api" or true', 'bad_condition', 21],
    ['http.response.status_code >= many', 'bad_condition', 29],
    ['event.duration > "soon"', 'bad_condition', 18],
    ['service.name in "a"', 'bad_condition', 16],
    ['service.name in ["a" "b"]', 'bad_condition', 20],
    ['service.name in ["a",]', 'bad_condition', 21],
    ['logpipe.level >= loud', 'bad_condition', 17],
    ['message matches "a(b"', 'bad_regex', 18],
    ['message matches "(?=a)"', 'bad_regex', 17],
    ['message =~ "(a)\\1"', 'bad_regex', 15],
  ])('%s has a fault %s at %i', (text, finding, offset) => {
    expect(parseCondition(text).fault).toMatchObject({ finding, offset })
  })
})
