/**
 * Bits of `logpipe.flags`, a closed list (`docs/formats.md` section 15). A bit keeps
 * its place for ever: stored batches carry it. New flags go to the end.
 */
export const eventFlag = {
  invalid_utf8: 1 << 0,
  utf16: 1 << 1,
  truncated: 1 << 2,
  partial: 1 << 3,
  join_limit: 1 << 4,
  big_number: 1 << 5,
  dup_key: 1 << 6,
  too_deep: 1 << 7,
  field_overflow: 1 << 8,
  key_renamed: 1 << 9,
  json_invalid: 1 << 10,
  parse_timeout: 1 << 11,
  leap_second: 1 << 12,
  zone_guessed: 1 << 13,
  time_missing: 1 << 14,
  time_clamped: 1 << 15,
  time_ambiguous: 1 << 16,
  value_invalid: 1 << 17,
  headers_cut: 1 << 18,
  series_overflow: 1 << 19,
  original_lost: 1 << 20,
} as const

/** A set of flags: bits of `eventFlag`, 0 for none. */
export type EventFlags = number

/** Names of the flags; the index is the number of the bit. */
export const eventFlagNames: readonly string[] = Object.keys(eventFlag)

/** The names in a set, in the order of the bits. Unknown bits are left out. */
export function namesOfFlags(flags: EventFlags): string[] {
  return eventFlagNames.filter((_, bit) => (flags & (1 << bit)) !== 0)
}
