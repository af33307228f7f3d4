import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../../src/core/error.ts'
import { rooms } from '../../tools/lint/rooms.ts'
import {
  checkArrows,
  checkBlock,
  checkDecisions,
  checkErrors,
  checkMentions,
  checkNumbers,
  readArrows,
  readBlocks,
} from './docs-check.ts'
import { planted, repository } from './markers.ts'

const plantedDocs = path.join(planted, 'docs')
const problemsOf = (root: string): string[] => readBlocks(root).flatMap((block) => checkBlock(block) ?? [])

describe('docs = code', () => {
  test('every code block of README.md and docs can be read by its language', () => {
    expect(problemsOf(repository)).toEqual([])
  })

  test('the picture in docs/architecture.md has the arrows of the rooms table', () => {
    expect(checkArrows(readArrows(repository), rooms)).toEqual([])
  })

  test('docs/errors.md gives cause and remedy of each error code', () => {
    expect(checkErrors(repository, Object.keys(errorCodes))).toEqual([])
  })

  test('docs/decisions.md names each runtime dependency', () => {
    expect(checkDecisions(repository)).toEqual([])
  })

  test('decisions are numbered without a gap', () => {
    expect(checkNumbers(repository)).toEqual([])
  })

  test('every document and section that code and documents name exists', () => {
    expect(checkMentions(repository)).toEqual([])
  })
})

describe('planted mistakes in docs are found', () => {
  test('blocks that no reader could use', () => {
    expect(problemsOf(plantedDocs)).toEqual([
      expect.stringMatching(/^README\.md:3 yaml: /),
      expect.stringMatching(/^README\.md:9 json: SyntaxError/),
      expect.stringMatching(/^docs\/architecture\.md:9 ts: /),
      expect.stringMatching(/^docs\/architecture\.md:13 sh: /),
      'docs/architecture.md:17 cobol: no check exists for this language',
    ])
  })

  test('a picture that differs from the table', () => {
    expect(checkArrows(readArrows(plantedDocs), { config: ['core'], index: ['config/check.ts', 'app'] })).toEqual([
      'drawn but not allowed: config telemetry',
      'allowed but not drawn: index app',
    ])
  })

  test('an error code without a section, without a remedy, and one that is no more', () => {
    expect(checkErrors(plantedDocs, ['LP_USAGE', 'LP_INTERNAL'])).toEqual([
      'LP_USAGE lacks its cause or its remedy',
      'LP_INTERNAL has no section',
      'LP_GONE is no error code',
    ])
  })

  test('a dependency that nobody decided on, and a gap in the numbers', () => {
    expect(checkDecisions(plantedDocs)).toEqual(['left-pad'])
    expect(checkNumbers(plantedDocs)).toEqual(['decision 3 stands where 2 belongs'])
  })
  test('documents and sections that do not exist', () => {
    expect(checkMentions(plantedDocs)).toEqual([
      'docs/decisions.md: docs/formats.md does not exist',
      'docs/decisions.md: docs/delivery.md does not exist',
      'docs/decisions.md: docs/errors.md has no section 3',
      'docs/decisions.md: docs/decisions.md has no section 2',
    ])
  })
})
