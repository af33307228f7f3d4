// planted-next: logpipe(return-type)
export function count(list: readonly number[]) {
  return list.length
}
export const size = (list: readonly number[]) => list.length // planted: logpipe(return-type)

export function length(list: readonly number[]): number {
  return list.length
}
