/** Value of a `by` field that an event does not have. */
export const missing = '_missing'

/** Key of a series: its `by` values in the order of the `by` list, as a JSON array. Canonical, and readable. */
export function seriesKey(values: readonly string[]): string {
  return JSON.stringify(values)
}

export function seriesValues(key: string): string[] {
  // `seriesKey` wrote it.
  return JSON.parse(key) as string[]
}

/** `service.name` as the name of a label: `service_name`. */
export function labelName(field: string): string {
  return field.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=[0-9])/, '_')
}
