import { expect, test } from 'vitest'
import { didYouMean, nearest } from '../../../src/config/nearest.ts'

test.each([
  ['treshold', ['threshold', 'window'], ['threshold']],
  ['widnow', ['threshold', 'window'], ['window']],
  ['Window', ['threshold', 'window'], ['window']],
  ['keep_firing', ['keep_firing_for', 'for'], []],
  ['keep_firng_for', ['keep_firing_for', 'for'], ['keep_firing_for']],
  ['zzz', ['for', 'by', 'id'], []],
  ['nginx_acess', ['apache_access', 'nginx_access', 'nginx_error'], ['nginx_access']],
])('%s means %j', (word, known, meant) => {
  expect(nearest(word, known).slice(0, 1)).toEqual(meant)
})

test('a hint names what is near, nearest first, and is absent if nothing is', () => {
  expect(didYouMean('tail', ['tall', 'tails', 'fail', 'x'])).toBe('did you mean tall or tails or fail?')
  expect(didYouMean('zzz', ['a'])).toBeUndefined()
})
