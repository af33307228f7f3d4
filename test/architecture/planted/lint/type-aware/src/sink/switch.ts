export function missing(level: 'low' | 'high'): number {
  // planted-next: typescript(switch-exhaustiveness-check)
  switch (level) {
    case 'low':
      return 1
  }
  return 0
}
