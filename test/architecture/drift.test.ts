import path from 'node:path'
import { expect, test } from 'vitest'
import { differences } from '../../tools/generated.ts'
import { planted } from './markers.ts'

test('a stale file, a missing one and one that is no longer made are found, after layout', async () => {
  const files = new Map([
    ['reference/fresh.md', '# Fresh\n*  a\n'],
    ['reference/stale.md', '# New text\n'],
    ['reference/missing.md', '# Missing\n'],
  ])
  const changes = await differences(path.join(planted, 'drift'), {
    name: 'planted',
    folders: ['reference'],
    make: async () => files,
  })
  expect([...changes]).toEqual([
    ['reference/stale.md', '# New text\n'],
    ['reference/missing.md', '# Missing\n'],
    ['reference/gone.md', undefined],
  ])
})
