import path from 'node:path'
import { expect, test } from 'vitest'
import { planted, repository } from './markers.ts'
import { checkRegistry } from './registry-check.ts'

test('every component on disk is a row of the registry, and every row is a component', () => {
  expect(checkRegistry(repository)).toEqual([])
})

test('a forgotten component, a row without a component and a row without a file are found', () => {
  expect(checkRegistry(path.join(planted, 'registry'))).toEqual([
    'src/registry.ts imports derive/fold.ts, which defines no component',
    'derive/forgotten.ts defines a component that src/registry.ts does not import',
    'src/registry.ts imports sink/gone.ts, which does not exist',
  ])
})
