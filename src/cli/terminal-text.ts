/** Controls, separators and bidi controls: what could move the cursor, change colours or hide text. */
const unsafe = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Log text made inert for a terminal: one line, unsafe characters as `\u001b`; tab and line feed as `\t` and `\n`. */
export function escapeText(text: string): string {
  return text.replace(unsafe, (char) => {
    if (char === '\n') return '\\n'
    if (char === '\t') return '\\t'
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, gray: 90 } as const

export type Style = keyof typeof codes

/** Puts text in a style, or leaves it as it is where colours are off. */
export type Paint = (style: Style, text: string) => string

export function painter(hasColour: boolean): Paint {
  return hasColour ? (style, text) => `\u001b[${codes[style]}m${text}\u001b[0m` : (_style, text) => text
}

/** What decides about colours: the flag, the variables and the stream. */
export interface ColourWish {
  readonly flag: 'auto' | 'always' | 'never'
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isTerminal: boolean
}

/** The flag wins, then FORCE_COLOR, NO_COLOR (no-color.org), TERM=dumb, then whether it is a terminal. */
export function wantsColour({ flag, env, isTerminal }: ColourWish): boolean {
  if (flag !== 'auto') return flag === 'always'
  const force = env['FORCE_COLOR'] ?? ''
  if (force !== '') return force !== '0' && force !== 'false'
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false
  return isTerminal
}

/** Columns that a character takes in a terminal: 2 for CJK and other wide ones (Unicode UAX 11, common blocks). */
function widthOf(char: string): number {
  const code = char.codePointAt(0) ?? 0
  const isWide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  return isWide ? 2 : 1
}

/** Text cut or filled up with spaces to `columns` of a terminal. Without escape sequences. */
export function fit(text: string, columns: number): string {
  let width = 0
  let kept = ''
  for (const char of text) {
    const next = width + widthOf(char)
    if (next > columns) return `${cutOne(kept, columns)}…`
    kept += char
    width = next
  }
  return kept + ' '.repeat(columns - width)
}

/** Leaves one column for the mark of the cut. */
function cutOne(text: string, columns: number): string {
  const chars = Array.from(text)
  let width = chars.reduce((sum, char) => sum + widthOf(char), 0)
  while (width > columns - 1 && chars.length > 0) width -= widthOf(chars.pop() ?? '')
  return chars.join('') + ' '.repeat(Math.max(0, columns - 1 - width))
}

/** Rows as columns that line up; the last column is not filled up. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(
        widths[i] ?? 0,
        Array.from(cell).reduce((sum, char) => sum + widthOf(char), 0),
      )
    })
  }
  return rows.map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : fit(cell, widths[i]!))).join('  '))
}
