export async function load(name: string): Promise<unknown[]> {
  const yaml: unknown = await import('yaml') // planted: logpipe(rooms) yaml is fenced
  const other: unknown = await import(name) // planted: logpipe(rooms) import() of a computed name
  return [yaml, other]
}
