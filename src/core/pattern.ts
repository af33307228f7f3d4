import { parsePattern, PatternError, type PatternNode } from './pattern-syntax.ts'

/** Whether a text holds a match: patterns come from config, texts from anywhere. */
export interface Pattern {
  test(text: string): boolean
}

export type CompiledPattern =
  | { readonly pattern: Pattern; readonly fault?: undefined }
  | { readonly pattern?: undefined; readonly fault: string; readonly offset: number }

/** Steps of a compiled pattern; repetitions are written out, so this bounds them. */
const maxSteps = 4000
/** States that are kept; beyond it all are forgotten and found anew. */
const maxStates = 512

/** Compiles a pattern; `isWhole`: the whole text has to match. */
export function compilePattern(source: string, isWhole: boolean): CompiledPattern {
  try {
    const node = parsePattern(source)
    const start: PatternNode = { kind: 'edge', edge: 'start' }
    const whole: PatternNode = { kind: 'sequence', parts: [start, node, { kind: 'edge', edge: 'end' }] }
    return { pattern: new Automaton(isWhole ? whole : node) }
  } catch (error) {
    if (error instanceof PatternError) return { fault: error.message, offset: error.offset }
    throw error
  }
}

type Step =
  | { readonly kind: 'set'; readonly ranges: readonly number[] }
  | { readonly kind: 'edge'; readonly edge: 'start' | 'end' | 'word' | 'inside' }
  | { readonly kind: 'split'; a: number; b: number }
  | { readonly kind: 'match' }

/** What lies on one side of a place in the text. */
const atEdge = 0
const atOther = 1
const atWord = 2

interface State {
  /** Places in the program, ascending, before edges are looked at. */
  readonly steps: readonly number[]
  /** What was read last. */
  readonly before: number
  /** By class of the next unit; the last one is the end of the text. */
  readonly next: (State | undefined)[]
}

/**
 * Thompson's construction, run as a DFA whose states are made when they are first met (Cox, "Regular Expression
 * Matching Can Be Simple And Fast"): time is linear in the text whatever the pattern.
 */
class Automaton implements Pattern {
  readonly #program: Step[] = []
  /** First unit of each class of units that no step tells apart; class 0 begins at 0. */
  readonly #borders: number[]
  readonly #classOfAscii = new Uint16Array(128)
  readonly #accept: State = { steps: [], before: -1, next: [] }
  readonly #reject: State = { steps: [], before: -2, next: [] }
  #states = new Map<string, State>()
  #root: State

  constructor(node: PatternNode) {
    this.#emit(node)
    this.#push({ kind: 'match' })
    const borders = new Set([0, 0x30, 0x3a, 0x41, 0x5b, 0x5f, 0x60, 0x61, 0x7b]) // Words begin and end there.
    for (const step of this.#program) {
      if (step.kind === 'set') step.ranges.forEach((unit, i) => borders.add(i % 2 === 0 ? unit : unit + 1))
    }
    this.#borders = [...borders].filter((unit) => unit <= 0xffff).sort((a, b) => a - b)
    for (let unit = 0; unit < 128; unit++) this.#classOfAscii[unit] = this.#classOf(unit)
    this.#root = this.#state([0], atEdge)
  }

  test(text: string): boolean {
    let state = this.#root
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      const unitClass = unit < 128 ? this.#classOfAscii[unit]! : this.#classOf(unit)
      state = state.next[unitClass] ?? this.#follow(state, unitClass)
      if (state === this.#accept) return true
      if (state === this.#reject) return false
    }
    const end = this.#borders.length
    return (state.next[end] ?? this.#follow(state, end)) === this.#accept
  }

  #push(step: Step): number {
    if (this.#program.length >= maxSteps) throw new PatternError('the pattern is too large', 0)
    return this.#program.push(step) - 1
  }

  #emit(node: PatternNode): void {
    switch (node.kind) {
      case 'set':
      case 'edge':
        this.#push(node)
        return
      case 'sequence':
        for (const part of node.parts) this.#emit(part)
        return
      case 'choice':
        return this.#emitChoice(node.parts)
      case 'repeat':
        for (let i = 0; i < node.min; i++) this.#emit(node.part)
        if (node.max === Infinity) return this.#emitLoop(node.part)
        this.#emitOptional(node.part, node.max - node.min)
    }
  }

  #emitChoice(parts: readonly PatternNode[]): void {
    const ends: { a: number; b: number }[] = []
    parts.forEach((part, i) => {
      const split = { kind: 'split' as const, a: 0, b: 0 }
      if (i < parts.length - 1) split.a = this.#push(split) + 1
      this.#emit(part)
      if (i === parts.length - 1) return
      const jump = { kind: 'split' as const, a: 0, b: 0 }
      ends.push(jump)
      split.b = this.#push(jump) + 1
    })
    for (const jump of ends) jump.a = jump.b = this.#program.length
  }

  #emitLoop(part: PatternNode): void {
    const split = { kind: 'split' as const, a: 0, b: 0 }
    const at = this.#push(split)
    split.a = at + 1
    this.#emit(part)
    this.#push({ kind: 'split', a: at, b: at })
    split.b = this.#program.length
  }

  #emitOptional(part: PatternNode, times: number): void {
    const splits: { a: number; b: number }[] = []
    for (let i = 0; i < times; i++) {
      const split = { kind: 'split' as const, a: 0, b: 0 }
      split.a = this.#push(split) + 1
      splits.push(split)
      this.#emit(part)
    }
    for (const split of splits) split.b = this.#program.length
  }

  #classOf(unit: number): number {
    let low = 0
    let high = this.#borders.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#borders[middle]! <= unit) low = middle
      else high = middle - 1
    }
    return low
  }

  #state(steps: readonly number[], before: number): State {
    const key = `${before}:${steps.join()}`
    const known = this.#states.get(key)
    if (known !== undefined) return known
    if (this.#states.size >= maxStates) this.#forget()
    const state = { steps, before, next: [] }
    this.#states.set(key, state)
    return state
  }

  /** States that are in use stay valid: they only lose their way to the ones that are kept. */
  #forget(): void {
    for (const state of this.#states.values()) state.next.length = 0
    this.#states = new Map()
    this.#root = this.#state([0], atEdge)
  }

  /** The state after one more unit of a class. */
  #follow(state: State, unitClass: number): State {
    const isEnd = unitClass === this.#borders.length
    const unit = isEnd ? -1 : this.#borders[unitClass]!
    const after = isEnd ? atEdge : isWord(unit) ? atWord : atOther
    const reached = this.#closure(state, after)
    let next: State
    if (reached === undefined) next = this.#accept
    else if (isEnd) next = this.#reject
    else {
      const steps = new Set([0]) // A match may begin anywhere.
      for (const at of reached) {
        const step = this.#program[at]!
        if (step.kind === 'set' && contains(step.ranges, unit)) steps.add(at + 1)
      }
      next = this.#state(
        [...steps].sort((a, b) => a - b),
        after,
      )
    }
    state.next[unitClass] = next
    return next
  }

  /** All steps that can be reached without reading; undefined if the match is among them. */
  #closure(state: State, after: number): readonly number[] | undefined {
    const seen = new Set<number>()
    const open = [...state.steps]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue
      seen.add(at)
      const step = this.#program[at]!
      if (step.kind === 'match') return undefined
      if (step.kind === 'split') open.push(step.a, step.b)
      if (step.kind === 'edge' && isAtEdge(step.edge, state.before, after)) open.push(at + 1)
    }
    return [...seen]
  }
}

function isAtEdge(edge: 'start' | 'end' | 'word' | 'inside', before: number, after: number): boolean {
  if (edge === 'start') return before === atEdge
  if (edge === 'end') return after === atEdge
  const isBorder = (before === atWord) !== (after === atWord)
  return isBorder === (edge === 'word')
}

function isWord(unit: number): boolean {
  return /\w/.test(String.fromCharCode(unit))
}

function contains(ranges: readonly number[], unit: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) if (unit >= ranges[i]! && unit <= ranges[i + 1]!) return true
  return false
}
