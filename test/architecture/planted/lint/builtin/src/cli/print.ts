export function print(text: string): void {
  console.log(text)
}
