import type { Rule } from './ast.ts'
import { fileNames, identifierNames } from './rules/names.ts'
import { processDoors } from './rules/process.ts'
import { roomsRule } from './rules/rooms.ts'
import { boundedOperators, noAsyncCallback, noExportedSubject, subscribe } from './rules/rxjs.ts'
import {
  castComment,
  noBarrels,
  noInheritance,
  noModuleState,
  nonNull,
  plainSyntax,
  returnType,
} from './rules/shape.ts'
import { noDateFromText, pureCore } from './rules/time.ts'

const rules: Readonly<Record<string, Rule>> = {
  rooms: roomsRule,
  subscribe,
  'bounded-operators': boundedOperators,
  'no-async-callback': noAsyncCallback,
  'no-exported-subject': noExportedSubject,
  'pure-core': pureCore,
  'no-date-from-text': noDateFromText,
  'file-names': fileNames,
  'identifier-names': identifierNames,
  'process-doors': processDoors,
  'plain-syntax': plainSyntax,
  'no-barrels': noBarrels,
  'no-module-state': noModuleState,
  'no-inheritance': noInheritance,
  'return-type': returnType,
  'cast-comment': castComment,
  'non-null': nonNull,
}

// oxlint wants a default export.
export default { meta: { name: 'logpipe' }, rules }
