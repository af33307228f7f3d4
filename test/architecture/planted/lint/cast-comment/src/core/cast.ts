export function unproven(value: unknown): string {
  const text = value as string

  return text
}

export function proven(value: unknown): string {
  // `decode` returns nothing but strings for this column.
  return value as string
}

export const levels = ['low', 'high'] as const

// planted-file: logpipe(cast-comment)
