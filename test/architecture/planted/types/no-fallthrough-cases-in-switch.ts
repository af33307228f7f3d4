export function weight(level: string): number {
  let sum = 0
  switch (level) {
    case 'high': // planted: TS7029
      sum += 1
    case 'low':
      sum += 1
  }
  return sum
}
