import { textOf } from '../../core/byte-writer.ts'
import { entryKind, type JsonObject } from '../../core/event-batch.ts'
import { eventFlag } from '../../core/event-flag.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { mergeFields, nullObject, putAt } from '../../core/log-event.ts'
import { isoText } from '../../core/time-text.ts'
import { WriterMark } from '../../core/writer-mark.ts'
import type { TextContext } from '../format.ts'
import { isDigit, scanUint } from '../quantity.ts'
import { ipv4End, writeIp, writeIpv4Source, writeSourceAndPort } from '../text/address.ts'
import { writeScratchJson, writeTime } from '../text/constant.ts'
import { writeTarget } from '../text/request.ts'
import { writeDatadogIds, writeSpanId } from '../text/trace-context.ts'
import { scanAny } from '../timestamp/any.ts'
import { scanEpoch } from '../timestamp/epoch.ts'
import { endsInLineFeed, writePayload } from './payload.ts'
import type { Plan } from './plan.ts'
import { stepCode } from './step.ts'
import { wholeBase } from './template.ts'
import { tokenKind, type JsonTokens } from './tokens.ts'
import { StackText } from './stack-text.ts'
import {
  durationNs,
  firstItemEnd,
  isTarget,
  maxWholeDigits,
  pinoScale,
  pythonScale,
  syslogScale,
  unescapeInto,
  writeBoolean,
  writeContainer,
  writeDouble,
  writeFromPath,
  writeImage,
  writeLevelNumber,
  writeLevelValue,
  writeLevelWord,
  writeMethod,
  writeOutcome,
  writeStatus,
  writeTraceparent,
  writeTraceText,
} from './value.ts'

// Names of this module: V8 reads an imported binding, and a property of it, from memory each time.
const {
  copy: codeCopy,
  asText: codeAsText,
  asArray: codeAsArray,
  long: codeLong,
  double: codeDouble,
  boolean: codeBoolean,
  date: codeDate,
  ip: codeIp,
  time: codeTime,
  word: codeWord,
  npmWord: codeNpmWord,
  pino: codePino,
  python: codePython,
  syslog: codeSyslog,
  duration: codeDuration,
  durationText: codeDurationText,
  status: codeStatus,
  method: codeMethod,
  url: codeUrl,
  address: codeAddress,
  error: codeError,
  stack: codeStack,
  trace: codeTrace,
  span: codeSpan,
  datadogTrace: codeDatadogTrace,
  datadogSpan: codeDatadogSpan,
  traceparent: codeTraceparent,
  image: codeImage,
  container: codeContainer,
  filePath: codeFilePath,
  outcome: codeOutcome,
  partial: codePartial,
  payload: codePayload,
} = stepCode
const { string: stringKind, number: numberKind } = tokenKind
const message = fieldId('message')
const space = 0x20
/** Below it, whole seconds in ns are exact. */
const maxWhole = 10 ** maxWholeDigits
/** Bits of what an object has turned out to have. */
const has = { target: 1, result: 2, time: 4 } as const

/** Follows the plan of an object: its tokens become fields of an event. One per scanner. */
export class EventSteps {
  readonly #tokens: JsonTokens
  readonly #stack: StackText
  /** What the tokens lie in if it is not the record. */
  scratch: Uint8Array | undefined
  /** What the tokens lie in. */
  #bytes: Uint8Array = new Uint8Array(0)
  #inScratch = false
  #recordInScratch = false
  /** The object in the record. */
  recordStart = 0
  recordEnd = 0
  #plan!: Plan
  #out!: EventWriter
  #context!: TextContext
  #has = 0
  #method = -1
  #target = -1
  #odd: JsonObject | undefined
  readonly #mark = new WriterMark()

  constructor(tokens: JsonTokens, rootType: number) {
    this.#tokens = tokens
    this.#stack = new StackText(rootType)
  }

  /**
   * Writes the fields of an object, whose tokens lie in the record, where `out.inScratch` says, or in the scratch
   * buffer as it was written again.
   */
  run(plan: Plan, bytes: Uint8Array, out: EventWriter, context: TextContext): void {
    const was = out.inScratch
    this.#plan = plan
    this.#recordInScratch = was
    this.#bytes = this.scratch ?? bytes
    out.inScratch = was || this.scratch !== undefined
    this.#inScratch = out.inScratch
    this.#out = out
    this.#context = context
    this.#has = 0
    this.#method = -1
    this.#target = -1
    this.#odd = undefined
    const { list } = this.#tokens
    const { tokens, codes, fields } = plan
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!
      if (codes[i] === codeCopy && fields[i]! >= 0) {
        if ((list[token]! & 7) === stringKind) out.jsonText(fields[i]!, list[token + 1]!, list[token + 2]!)
        else out.literal(fields[i]!, list[token + 1]!, list[token + 2]!)
      } else if (list[token + 3]! < wholeBase || !this.#whole(i, token, list[token + 3]! - wholeBase)) {
        this.#step(i, token)
      }
    }
    if (this.#odd !== undefined) out.setOdd(this.#odd)
    out.inScratch = was
  }

  /** Whether the object is a request: enough is known for an access log. */
  get isAccess(): boolean {
    return (this.#has & 3) === (has.target | has.result)
  }

  /** The message of an object that has none: of a request, of an error, or the object itself. */
  writeMessage(): void {
    const out = this.#out
    const error = this.#plan.errorMessage
    const was = out.inScratch
    if (this.isAccess && out.status > 0) this.#writeRequest()
    else if (error >= 0 && this.#plan.hasErrorMessage) {
      out.inScratch = this.#inScratch
      out.jsonText(message, this.#tokens.list[error + 1]!, this.#tokens.list[error + 2]!)
    } else {
      out.inScratch = this.#recordInScratch
      out.text(message, this.recordStart, this.recordEnd)
    }
    out.inScratch = was
  }

  /** `GET /pay 500` */
  #writeRequest(): void {
    const { list } = this.#tokens
    const out = this.#out
    const batch = out.batch
    const from = batch.scratchEnd
    for (const token of [this.#method, this.#target]) {
      if (token < 0) continue
      if (list[token + 3] === 1) unescapeInto(out, this.#bytes, list[token + 1]!, list[token + 2]!)
      else out.scratchBytes(this.#bytes, list[token + 1]!, list[token + 2]!)
      batch.reserveScratch(1)
      batch.scratch[batch.scratchEnd++] = space
    }
    out.scratchText(String(out.status))
    out.scratch(message, from, batch.scratchEnd)
  }

  /** FNV-1a over the values that tell one stream of lines from others, 0 if there are none. */
  streamKey(): number {
    const { stream } = this.#plan
    if (stream.length === 0) return 0
    let hash = 0x811c9dc5
    for (let i = 0; i < stream.length; i++) {
      const token = stream[i]!
      const end = this.#tokens.list[token + 2]!
      for (let at = this.#tokens.list[token + 1]!; at < end; at++) {
        hash = Math.imul(hash ^ this.#bytes[at]!, 16777619)
      }
      hash = Math.imul(hash ^ 0xff, 16777619)
    }
    return hash >>> 0 || 1
  }

  /** The step of a whole number whose value is known; false, with nothing written, if there is more to it. */
  #whole(i: number, token: number, value: number): boolean {
    const out = this.#out
    const plan = this.#plan
    const arg = plan.args[i]!
    switch (plan.codes[i]) {
      case codeLong: {
        if (plan.fields[i]! < 0 || (arg > 0 && value > arg)) return false
        const { list } = this.#tokens
        out.literal(plan.fields[i]!, list[token + 1]!, list[token + 2]!)
        return true
      }
      case codePino:
        return writeLevelValue(pinoScale, value, out)
      case codeStatus:
        if (value < 100 || value > 599) return false
        out.setStatus(value)
        return this.#noted(has.result, true)
      case codeDuration:
        if (value >= maxWhole || Number.isNaN(arg)) return false
        out.setDurationNs(value * arg)
        return this.#noted(has.result, true)
      default:
        return false
    }
  }

  #step(i: number, token: number): void {
    const out = this.#out
    const { list } = this.#tokens
    const was = out.inScratch
    let bytes = this.#bytes
    let from = list[token + 1]!
    let to = list[token + 2]!
    const code = this.#plan.codes[i]!
    // A string without escapes is the inside of one wherever it is cut.
    out.isProved = list[token + 3] !== 1 && (list[token]! & 7) === stringKind
    if (list[token + 3] === 1 && code !== codeCopy && code !== codePayload) {
      from = unescapeInto(out, bytes, from, to)
      bytes = out.batch.scratch
      to = out.batch.scratchEnd
      out.inScratch = true
    }
    const isWritten = code <= codeIp ? this.#named(i, token, bytes, from, to) : this.#special(i, token, bytes, from, to)
    out.inScratch = was
    out.isProved = false
    if (isWritten) return
    if (this.#plan.flagged[i] === 1) out.addFlags(eventFlag.value_invalid)
    this.#copyTo(this.#plan.fallbacks[i]!, this.#plan.fallbackNames[i]!, token)
  }

  /** Writes a value as it is to a field, or keeps it under its name if that has no number. */
  #copyTo(field: number, name: string, token: number): void {
    const { list } = this.#tokens
    if (field < 0) this.#out.mark(this.#mark)
    const id = field < 0 ? message : field
    if ((list[token]! & 7) === stringKind) this.#out.jsonText(id, list[token + 1]!, list[token + 2]!)
    else this.#out.literal(id, list[token + 1]!, list[token + 2]!)
    if (field < 0) this.#keepLast(name)
  }

  /** A field whose name does not fit the tables: what was written last, as a value instead of an entry. */
  #keepLast(name: string): void {
    const { batch } = this.#out
    const entry = batch.entryCount - 1
    const isTime = (batch.entryKind[entry]! & 7) === entryKind.time
    const value = isTime ? isoText(batch.numbers[batch.entryStart[entry]!]!) : batch.entryValue(entry)
    this.#out.rewind(this.#mark)
    const field = nullObject()
    putAt(field, name, value)
    this.#odd ??= nullObject()
    mergeFields(this.#odd, field)
  }

  #named(i: number, token: number, bytes: Uint8Array, start: number, end: number): boolean {
    const field = this.#plan.fields[i]!
    const name = this.#plan.names[i]!
    if (this.#plan.codes[i] === codeCopy) {
      this.#copyTo(field, name, token)
      return true
    }
    if (field >= 0) return this.#field(i, field, bytes, start, end)
    this.#out.mark(this.#mark)
    const isWritten = this.#field(i, message, bytes, start, end)
    if (isWritten) this.#keepLast(name)
    return isWritten
  }

  #field(i: number, field: number, bytes: Uint8Array, start: number, end: number): boolean {
    const out = this.#out
    switch (this.#plan.codes[i]) {
      case codeAsText:
        out.text(field, start, end)
        return true
      case codeAsArray: {
        const from = out.scratchText(JSON.stringify([textOf(bytes, start, end)]))
        writeScratchJson(field, from, out.batch.scratchEnd, out)
        return true
      }
      case codeLong:
        return this.#long(i, field, bytes, start, end)
      case codeDouble:
        return writeDouble(field, bytes, start, end, out)
      case codeBoolean:
        return writeBoolean(field, bytes, start, end, out)
      case codeDate:
        return this.#date(field, bytes, start, end)
      default:
        return writeIp(field, bytes, start, end, out)
    }
  }

  #long(i: number, field: number, bytes: Uint8Array, start: number, end: number): boolean {
    const largest = this.#plan.args[i]!
    const isNegative = bytes[start] === 0x2d
    const value = scanUint(bytes, isNegative ? start + 1 : start, end)
    if (value < 0 || (largest > 0 && (isNegative || value > largest))) return false
    if ((this.#tokens.list[this.#plan.tokens[i]!]! & 7) === numberKind) this.#out.literal(field, start, end)
    else this.#out.number(field, isNegative ? -value : value)
    return true
  }

  #date(field: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { scan, time } = this.#context
    if (!isDigit(bytes[start]) || scanAny(bytes, start, end, time, scan) < 0) return false
    this.#out.time(field, scan.ms, scan.ns, scan.digits)
    return true
  }

  #special(i: number, token: number, bytes: Uint8Array, start: number, end: number): boolean {
    const out = this.#out
    const arg = this.#plan.args[i]!
    switch (this.#plan.codes[i]) {
      case codeTime:
        return this.#time(token, bytes, start, end)
      case codeWord:
        return writeLevelWord(bytes, start, end, out, false, arg === 1)
      case codeNpmWord:
        return writeLevelWord(bytes, start, end, out, true, false)
      case codePino:
        return writeLevelNumber(pinoScale, bytes, start, end, out)
      case codePython:
        return writeLevelNumber(pythonScale, bytes, start, end, out)
      case codeSyslog:
        return writeLevelNumber(syslogScale, bytes, start, end, out)
      case codeDuration:
      case codeDurationText:
        return this.#duration(arg, bytes, start, end)
      case codeStatus:
        return this.#noted(has.result, writeStatus(bytes, start, end, out))
      case codeMethod:
        if (writeMethod(bytes, start, end, out)) this.#method = token
        return this.#noted(has.target, this.#method === token)
      case codeUrl:
        if (!isTarget(bytes, start, end)) return false
        writeTarget(bytes, start, end, out)
        this.#target = token
        return this.#noted(has.target, true)
      case codeAddress:
        if (ipv4End(bytes, start, end) === end) writeIpv4Source(start, end, out)
        else writeSourceAndPort(bytes, start, firstItemEnd(bytes, start, end), out)
        return true
      default:
        return this.#rare(i, token, bytes, start, end)
    }
  }

  #rare(i: number, token: number, bytes: Uint8Array, start: number, end: number): boolean {
    const out = this.#out
    const plan = this.#plan
    switch (plan.codes[i]) {
      case codeError:
        this.#stack.write(bytes, start, end, { out, isStack: false, hasType: plan.hasErrorType, hasMessage: false })
        return true
      case codeStack: {
        const isKnown = plan.hasErrorMessage || plan.errorMessage >= 0
        this.#stack.write(bytes, start, end, { out, isStack: true, hasType: plan.hasErrorType, hasMessage: isKnown })
        return true
      }
      case codeTrace:
        return writeTraceText(bytes, start, end, out)
      case codeSpan:
        return writeSpanId(bytes, start, end, out)
      case codeDatadogTrace:
      case codeDatadogSpan:
        return writeDatadogIds(plan.codes[i] === codeDatadogSpan, bytes, start, end, out)
      case codeTraceparent:
        return writeTraceparent(bytes, start, end, out)
      case codeImage:
        writeImage(bytes, start, end, out)
        return true
      case codeContainer:
        writeContainer(bytes, start, end, out)
        return true
      case codeFilePath:
        out.text(plan.fields[i]!, start, end)
        if (plan.format?.isEnvelope === true) writeFromPath(bytes, start, end, out)
        return true
      case codeOutcome:
        return writeOutcome(bytes, start, end, out)
      case codePartial:
        this.#context.isPartial ||= bytes[start] === 0x50 || bytes[start] === 0x74
        return true
      case codePayload:
        writePayload(bytes, start, end, this.#tokens.list[token + 3] === 0, out, this.#context)
        if (plan.format?.isPartialWithoutLineFeed === true && !endsInLineFeed(bytes, start, end)) {
          this.#context.isPartial = true
        }
        return true
      default:
        return false
    }
  }

  #noted(bit: number, isWritten: boolean): boolean {
    if (isWritten) this.#has |= bit
    return isWritten
  }

  /** The first candidate that is a time is the time of the event. */
  #time(token: number, bytes: Uint8Array, start: number, end: number): boolean {
    const out = this.#out
    const { scan, time } = this.#context
    if ((this.#has & has.time) !== 0) return false
    const isNumber = (this.#tokens.list[token]! & 7) === numberKind
    const to = isNumber ? scanEpoch(bytes, start, end, scan) : scanAny(bytes, start, end, time, scan)
    if (to !== end) return false
    if (this.#plan.hasPayload) out.setEnvelopeTime(scan)
    else writeTime(out, this.#context)
    return this.#noted(has.time, true)
  }

  #duration(unitNs: number, bytes: Uint8Array, start: number, end: number): boolean {
    const ns = durationNs(bytes, start, end, unitNs)
    if (ns >= 0) this.#out.setDurationNs(ns)
    return this.#noted(has.result, ns >= 0)
  }
}
