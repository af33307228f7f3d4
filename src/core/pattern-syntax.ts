/** A pattern as a tree. Sets are sorted, disjoint ranges of UTF-16 code units: from, to, from, to ... */
export type PatternNode =
  | { readonly kind: 'set'; readonly ranges: readonly number[] }
  | { readonly kind: 'edge'; readonly edge: 'start' | 'end' | 'word' | 'inside' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly part: PatternNode; readonly min: number; readonly max: number }

/** A mistake in a pattern and where it is. */
export class PatternError extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

const lastUnit = 0xffff
const digits = [0x30, 0x39]
const wordUnits = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]
const spaces = [0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0, 0x2028, 0x2029, 0x3000, 0x3000]
const classes: Readonly<Record<string, readonly number[]>> = {
  d: digits,
  D: complement(digits),
  w: wordUnits,
  W: complement(wordUnits),
  s: spaces,
  S: complement(spaces),
}
const controls: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11, 0: 0 }
const maxRepeat = 1000

/**
 * Reads the syntax that RE2 has, too: no look-around, no back-references. `(?i)` stands at the beginning. Whether a
 * quantifier is lazy makes no difference to "does it match". Throws PatternError.
 */
export function parsePattern(text: string): PatternNode {
  return new PatternReader(text).read()
}

class PatternReader {
  readonly #text: string
  #at = 0
  #ignoresCase = false
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): PatternNode {
    if (this.#take('(?i)')) this.#ignoresCase = true
    const node = this.#choice()
    if (this.#at < this.#text.length) throw new PatternError('there is no ( for this )', this.#at)
    return node
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #choice(): PatternNode {
    const parts = [this.#sequence()]
    while (this.#take('|')) parts.push(this.#sequence())
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = []
    while (this.#at < this.#text.length && !/[|)]/.test(this.#text[this.#at]!)) parts.push(this.#repeat())
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts }
  }

  #repeat(): PatternNode {
    const part = this.#atom()
    const from = this.#at
    const bounds = this.#bounds()
    if (bounds === undefined) return part
    if (bounds.min > maxRepeat || (bounds.max !== Infinity && bounds.max > maxRepeat) || bounds.max < bounds.min) {
      throw new PatternError(`a repetition is at most ${maxRepeat}, and its least comes first`, from)
    }
    this.#take('?')
    if (/^[*+?]|^\{\d/.test(this.#text.slice(this.#at)))
      throw new PatternError('a repetition cannot be repeated', this.#at)
    return { kind: 'repeat', part, ...bounds }
  }

  #bounds(): { min: number; max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Infinity }
    if (this.#take('+')) return { min: 1, max: Infinity }
    if (this.#take('?')) return { min: 0, max: 1 }
    const braces = /\{(\d{1,6})(,?)(\d{0,6})\}/y
    braces.lastIndex = this.#at
    const match = braces.exec(this.#text)
    if (match === null) return undefined
    this.#at = braces.lastIndex
    const min = Number(match[1])
    return { min, max: match[2] === '' ? min : match[3] === '' ? Infinity : Number(match[3]) }
  }

  #atom(): PatternNode {
    const from = this.#at
    const char = String.fromCodePoint(this.#text.codePointAt(from) ?? 0)
    this.#at += char.length
    switch (char) {
      case '(':
        return this.#group(from)
      case '[':
        return { kind: 'set', ranges: this.#set(from) }
      case '.':
        return { kind: 'set', ranges: complement([10, 10]) }
      case '^':
        return { kind: 'edge', edge: 'start' }
      case '$':
        return { kind: 'edge', edge: 'end' }
      case '\\':
        return this.#escape(from)
      case '*':
      case '+':
      case '?':
        throw new PatternError('there is nothing to repeat', from)
      default:
        return this.#literal(char)
    }
  }

  #literal(char: string): PatternNode {
    if (char.length === 1) return { kind: 'set', ranges: this.#cased([char.charCodeAt(0), char.charCodeAt(0)]) }
    const parts = char
      .split('')
      .map((unit): PatternNode => ({ kind: 'set', ranges: [unit.charCodeAt(0), unit.charCodeAt(0)] }))
    return { kind: 'sequence', parts }
  }

  #group(from: number): PatternNode {
    if (/^\?<?[=!]/.test(this.#text.slice(this.#at))) throw new PatternError('look-around is not supported', from)
    const opening = /\?(?::|P?<[A-Za-z_]\w*>)/y
    opening.lastIndex = this.#at
    if (opening.test(this.#text)) this.#at = opening.lastIndex
    else if (this.#text[this.#at] === '?') throw new PatternError('this kind of group is not supported', from)
    if (++this.#depth > 100) throw new PatternError('groups are nested too deeply', from)
    const node = this.#choice()
    this.#depth--
    if (!this.#take(')')) throw new PatternError('this ( is not closed', from)
    return node
  }

  #escape(from: number): PatternNode {
    if (this.#take('b')) return { kind: 'edge', edge: 'word' }
    if (this.#take('B')) return { kind: 'edge', edge: 'inside' }
    if (this.#take('A')) return { kind: 'edge', edge: 'start' }
    if (this.#take('z')) return { kind: 'edge', edge: 'end' }
    return { kind: 'set', ranges: this.#cased(this.#escapedUnits(from)) }
  }

  /** After a backslash, inside of a set or outside. */
  #escapedUnits(from: number): readonly number[] {
    const char = this.#text[this.#at++]
    if (char === undefined) throw new PatternError('a backslash needs a character after it', from)
    const known = classes[char]
    if (known !== undefined) return known
    if (/[1-9k]/.test(char)) throw new PatternError('back-references are not supported', from)
    if (char === 'x' || char === 'u') {
      const hex = this.#text.slice(this.#at, this.#at + (char === 'x' ? 2 : 4))
      if (!(char === 'x' ? /^[0-9a-fA-F]{2}$/ : /^[0-9a-fA-F]{4}$/).test(hex))
        throw new PatternError('needs hex digits', from)
      this.#at += hex.length
      return [parseInt(hex, 16), parseInt(hex, 16)]
    }
    const unit = controls[char] ?? (/[A-Za-z]/.test(char) ? undefined : char.charCodeAt(0))
    if (unit === undefined) throw new PatternError(`\\${char} is not supported`, from)
    return [unit, unit]
  }

  #set(from: number): readonly number[] {
    const isNegated = this.#take('^')
    const ranges: number[] = []
    for (let isFirst = true; ; isFirst = false) {
      const at = this.#at
      const char = this.#text[this.#at++]
      if (char === undefined) throw new PatternError('this [ is not closed', from)
      if (char === ']' && !isFirst) break
      if (char >= '\ud800' && char <= '\udfff') throw new PatternError('only characters up to U+FFFF fit in a set', at)
      const low = char === '\\' ? this.#escapedUnits(at) : [char.charCodeAt(0), char.charCodeAt(0)]
      const next = this.#text[this.#at + 1]
      if (this.#text[this.#at] !== '-' || next === ']' || next === undefined) {
        ranges.push(...low)
        continue
      }
      this.#at += 2
      const high = next === '\\' ? this.#escapedUnits(at) : [next.charCodeAt(0), next.charCodeAt(0)]
      if (low.length > 2 || high.length > 2 || low[0]! > high[0]!)
        throw new PatternError('this range is upside down', at)
      ranges.push(low[0]!, high[0]!)
    }
    const set = this.#cased(normalized(ranges))
    return isNegated ? complement(set) : set
  }

  /** With `(?i)`: the ranges and their other cases. */
  #cased(ranges: readonly number[]): readonly number[] {
    if (!this.#ignoresCase) return ranges
    const all = [...ranges]
    for (let i = 0; i < ranges.length; i += 2) {
      for (let unit = ranges[i]!; unit <= Math.min(ranges[i + 1]!, 0x24f); unit++) {
        for (const other of [String.fromCharCode(unit).toLowerCase(), String.fromCharCode(unit).toUpperCase()]) {
          if (other.length === 1) all.push(other.charCodeAt(0), other.charCodeAt(0))
        }
      }
    }
    return normalized(all)
  }
}

function normalized(ranges: readonly number[]): number[] {
  const pairs: [number, number][] = []
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i]!, ranges[i + 1]!])
  pairs.sort((a, b) => a[0] - b[0])
  const merged: number[] = []
  for (const [from, to] of pairs) {
    if (merged.length > 0 && from <= merged.at(-1)! + 1) merged[merged.length - 1] = Math.max(merged.at(-1)!, to)
    else merged.push(from, to)
  }
  return merged
}

function complement(ranges: readonly number[]): number[] {
  const rest: number[] = []
  let from = 0
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i]! > from) rest.push(from, ranges[i]! - 1)
    from = ranges[i + 1]! + 1
  }
  if (from <= lastUnit) rest.push(from, lastUnit)
  return rest
}
