export function first(list: readonly string[]): string {
  return list[0] // planted: TS2322
}
