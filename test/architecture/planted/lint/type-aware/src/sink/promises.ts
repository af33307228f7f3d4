async function send(): Promise<boolean> {
  return true
}

export function floating(): void {
  send() // planted: typescript(no-floating-promises)
}

export function misused(): number {
  return send() ? 1 : 2 // planted: typescript(no-misused-promises)
}
