export function loose(a: number, b: number): boolean {
  var same = a == b // planted: eslint(no-var); eslint(eqeqeq)
  let fixed = 1 // planted: eslint(prefer-const)
  return same && fixed === 1
}
