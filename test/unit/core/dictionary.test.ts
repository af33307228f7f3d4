import { expect, test } from 'vitest'
import { Dictionary, otherWord } from '../../../src/core/dictionary.ts'

test('equal bytes have one id and give their word back, over many growths', () => {
  const dictionary = new Dictionary()
  const words = Array.from({ length: 5000 }, (_, i) => `service-${i % 2500}-结算`)
  const ids = words.map((word) => dictionary.internText(word))
  expect(ids.slice(0, 2500)).toEqual(ids.slice(2500))
  expect(ids.map((id) => dictionary.word(id))).toEqual(words)
  expect(dictionary.size).toBe(2500)
})

test('a full dictionary gives every new word the id of one other word, and keeps the known ones', () => {
  const dictionary = new Dictionary(2)
  const [a, b] = [dictionary.internText('a'), dictionary.internText('b')]
  const others = ['c', 'd', 'c'].map((word) => dictionary.internText(word))
  expect(new Set(others).size).toBe(1)
  expect(dictionary.word(others[0]!)).toBe(otherWord)
  expect([dictionary.internText('a'), dictionary.internText('b')]).toEqual([a, b])
})
