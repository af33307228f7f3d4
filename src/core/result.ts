/** Why a record became a dead letter. A closed list: it is a metric label and a column of the store. */
export const deadLetterReasons = [
  'unsupported_codec',
  'schema_unknown',
  'decode_failed',
  'inflate_limit',
  'container_limit',
  'poison',
  'encode_failed',
  'mapping',
  'field_limit',
  'too_large',
  'index_blocked',
  'index_missing',
  'handler_error',
] as const
export type DeadLetterReason = (typeof deadLetterReasons)[number]

/** Why a record became neither event nor dead letter. */
export const dropReasons = ['tombstone', 'empty', 'directive', 'filtered', 'sampled', 'quota'] as const
export type DropReason = (typeof dropReasons)[number]

/** Why a line was not parsed; index 0 means that it was. `logpipe.parse.error` carries the word. */
export const parseFailures = [
  '',
  'no_match',
  'json_invalid',
  'decode_failed',
  'unsupported_codec',
  'schema_unknown',
  'too_deep',
  'timeout',
  'limit',
] as const
export type ParseFailure = Exclude<(typeof parseFailures)[number], ''>
