export function absent(sizes: ReadonlyMap<string, number>, list: readonly number[]): number {
  let sum = sizes.get('a')! // planted: logpipe(non-null)
  for (let i = 0; i < list.length; i++) sum += list[i]!
  return sum + list.at(-1)!
}
