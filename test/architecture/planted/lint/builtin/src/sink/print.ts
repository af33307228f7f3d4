export function print(text: string): void {
  console.log(text) // planted: eslint(no-console)
}
