import type { EventTables } from '../../core/event-batch.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import type { JsonFormat, TextContext } from '../format.ts'
import { digitsEnd } from '../quantity.ts'
import { jsonOutcome, type JsonScan } from '../json-scan.ts'
import { EventSteps } from './event-steps.ts'
import { formatIdsOf, planOf, type Plan, type PlanOptions } from './plan.ts'
import { ObjectRewrite, type ObjectLimits } from './rewrite.ts'
import { closeBracket, comma, openBrace, openBracket, skipSpace, ValueSkip } from './syntax.ts'
import { JsonTemplate } from './template.ts'
import { JsonTokens, tokenRow } from './tokens.ts'

export interface JsonScannerOptions {
  /** In the order of detection: the first that accepts an object has it. */
  readonly formats: readonly JsonFormat[]
  readonly tables: EventTables
  readonly limits: ObjectLimits
  /** For tests: every object takes the object path, which is the measure of the byte path. */
  readonly isObjectsOnly?: boolean
}

/** Reads JSON records and payloads into events: by bytes along learned plans, odd ones through objects. */
export class JsonScanner implements JsonScan {
  readonly #isObjectsOnly: boolean
  /** Records as they are, and those that the object path has written again. */
  readonly #plain: PlannedTokens
  readonly #rewritten: PlannedTokens
  readonly #rewrite: ObjectRewrite
  readonly #skip: ValueSkip

  constructor({ formats, tables, limits, isObjectsOnly }: JsonScannerOptions) {
    const ids = new Map(formats.map((format) => [format, formatIdsOf(format, tables)]))
    const options: PlanOptions = { formats, ids, tables, maxKeySize: limits.maxKeySize }
    const rootType = tables.fields.id('attributes.error.root_type')
    this.#isObjectsOnly = isObjectsOnly ?? false
    this.#plain = new PlannedTokens(options, limits, { rootType, isTrusted: false })
    this.#rewritten = new PlannedTokens(options, limits, { rootType, isTrusted: true })
    this.#rewrite = new ObjectRewrite(limits)
    this.#skip = new ValueSkip(limits.maxNumberChars)
  }

  /** Reads `bytes[start, end)`, which begins with `{` or `[`; see `jsonOutcome`. */
  scan(bytes: Uint8Array, start: number, end: number, out: EventWriter, context: TextContext): number {
    if (bytes[start] === openBracket) return this.#array(bytes, start, end, context)
    const { tokens } = this.#plain
    const at = this.#plain.read(bytes, start, end)
    if (at < 0 || (at < end && skipSpace(bytes, at, end) < end)) return jsonOutcome.invalid
    if (!tokens.isOdd && !this.#isObjectsOnly) {
      const plan = this.#plain.planFor(bytes, at)
      this.#plain.steps.recordStart = start
      this.#plain.steps.recordEnd = at
      if (!plan.isOdd) return finish(plan, this.#plain.steps, bytes, out, context)
    }
    out.batch.oddRecords++
    const from = this.#rewrite.write(bytes, start, end, out)
    const { scratch, scratchEnd } = out.batch
    this.#rewritten.tokens.scan(scratch, from, scratchEnd)
    const steps = this.#rewritten.steps
    steps.scratch = scratch
    steps.recordStart = start
    steps.recordEnd = at
    return finish(this.#rewritten.planFor(scratch, 0), steps, bytes, out, context)
  }

  /** An array of objects: each is a record of its own. */
  #array(bytes: Uint8Array, start: number, end: number, context: TextContext): number {
    const to = this.#skip.skip(bytes, start, end)
    if (to < 0 || skipSpace(bytes, to, end) < end) return jsonOutcome.invalid
    let at = skipSpace(bytes, start + 1, end)
    while (bytes[at] !== closeBracket) {
      if (bytes[at] !== openBrace) {
        context.children.length = 0
        return jsonOutcome.other
      }
      const item = this.#skip.skip(bytes, at, end)
      context.children.push(at, item)
      at = skipSpace(bytes, item, end)
      if (bytes[at] === comma) at = skipSpace(bytes, at + 1, end)
    }
    return jsonOutcome.container
  }
}

function finish(plan: Plan, steps: EventSteps, bytes: Uint8Array, out: EventWriter, context: TextContext): number {
  const { format } = plan
  if (format === undefined) return jsonOutcome.other
  steps.run(plan, bytes, out, context)
  if (plan.hasPayload) {
    out.addEnvelope(format.name)
    context.streamKey = steps.streamKey()
    return jsonOutcome.envelope
  }
  out.setFormat(steps.isAccess ? plan.ids.access : plan.ids.plain)
  if (!plan.hasMessage) steps.writeMessage()
  return jsonOutcome.accepted
}

/** Plans that are kept; beyond it all are learned anew. */
const maxPlans = 4096
const slotCount = maxPlans * 2

/** Tokens with the plans that were learned for their shapes. */
class PlannedTokens {
  readonly tokens: JsonTokens
  readonly steps: EventSteps
  readonly #options: PlanOptions
  #slots: (Plan | undefined)[] = []
  #count = 0
  #generation = 0
  #last: Plan | undefined
  readonly #template: JsonTemplate
  /** The plan whose objects the template is of. */
  #templatePlan: Plan | undefined
  /** The last two objects had one plan, that of the template: the next one is tried with it. */
  #isRun = false
  /** The object at hand was read by the template. */
  #isMatched = false
  /** Where the object begins that was read last; -1: its shape is not to be learned. */
  #start = -1

  constructor(
    options: PlanOptions,
    limits: ObjectLimits,
    { rootType, isTrusted }: { readonly rootType: number; readonly isTrusted: boolean },
  ) {
    this.tokens = new JsonTokens(limits, isTrusted)
    this.steps = new EventSteps(this.tokens, rootType)
    this.#template = new JsonTemplate(limits.maxNumberChars)
    this.#options = options
  }

  /** As `JsonTokens.scan`, by the template if it fits. */
  read(bytes: Uint8Array, start: number, end: number): number {
    const { tokens } = this
    if (this.#isRun) {
      const at = this.#template.match(bytes, tokens.viewOf(bytes), start, end, tokens.list)
      if (at > 0) {
        tokens.isOdd = false
        this.#isMatched = true
        return at
      }
    }
    this.#isRun = false
    this.#isMatched = false
    this.#start = start
    return tokens.scan(bytes, start, end)
  }

  /** The plan for the tokens as they are now, which lie in `bytes`; the object ends at `end`. */
  planFor(bytes: Uint8Array, end: number): Plan {
    const last = this.#last
    const plan = this.#isMatched && last !== undefined ? last : this.#plan()
    if (!this.#isMatched && plan === last && this.#start >= 0) this.#learn(plan, bytes, end)
    if (plan.seconds < 0 || isSeconds(bytes, this.tokens.list[plan.seconds + 1]!)) return plan
    plan.other ??= planOf(this.tokens, this.#options, plan.format)
    return plan.other
  }

  #learn(plan: Plan, bytes: Uint8Array, end: number): void {
    if (plan !== this.#templatePlan) {
      const isLearned = !plan.isOdd && this.#template.learn(bytes, this.#start, end, this.tokens)
      this.#templatePlan = isLearned ? plan : undefined
    }
    this.#isRun = plan === this.#templatePlan
  }

  #plan(): Plan {
    const { tokens } = this
    if (this.#generation !== tokens.tree.generation || this.#count >= maxPlans) this.#forget()
    const last = this.#last
    if (last !== undefined && fits(last, tokens)) return last
    const slots = this.#slots
    let slot = (tokens.hash ^ (tokens.hash >>> 16)) & (slotCount - 1)
    for (let plan = slots[slot]; plan !== undefined; plan = slots[slot]) {
      if (fits(plan, tokens)) {
        this.#last = plan
        return plan
      }
      slot = (slot + 1) & (slotCount - 1)
    }
    const plan = planOf(tokens, this.#options)
    slots[slot] = plan
    this.#count++
    this.#last = plan
    return plan
  }

  #forget(): void {
    this.#slots = []
    this.#count = 0
    this.#last = undefined
    this.#generation = this.tokens.tree.generation
  }
}

/** Digits of an integer below 1e11. */
const secondsDigits = 11

/** Whether a number is below 1e11 (`docs/formats.md` section 12). */
function isSeconds(bytes: Uint8Array, start: number): boolean {
  return digitsEnd(bytes, start, Math.min(bytes.length, start + secondsDigits + 1)) <= start + secondsDigits
}

function fits(plan: Plan, tokens: JsonTokens): boolean {
  const { keys } = plan
  if (plan.hash !== tokens.hash || keys.length * tokenRow !== tokens.listEnd) return false
  const { list } = tokens
  for (let i = 0; i < keys.length; i++) if (keys[i] !== list[i * tokenRow]) return false
  return true
}
