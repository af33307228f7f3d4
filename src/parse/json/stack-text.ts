import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { findTrace, Trace } from '../trace.ts'

const errorType = fieldId('error.type')
const errorMessage = fieldId('error.message')
const errorStack = fieldId('error.stack_trace')
const originFile = fieldId('log.origin.file.name')
const originLine = fieldId('log.origin.file.line')
const originFunction = fieldId('log.origin.function')
const lineFeed = 0x0a

interface StackOptions {
  readonly out: EventWriter
  /** The key says that this is a stack trace. */
  readonly isStack: boolean
  /** Other keys give these. */
  readonly hasType: boolean
  readonly hasMessage: boolean
}

/** Writes the text of an error: a stack trace with what its lines tell, else a message. One per scanner. */
export class StackText {
  readonly #trace = new Trace()
  readonly #rootType: number

  constructor(rootType: number) {
    this.#rootType = rootType
  }

  write(bytes: Uint8Array, start: number, end: number, { out, isStack, hasType, hasMessage }: StackOptions): void {
    const trace = this.#trace
    let to = end
    while (to > start && bytes[to - 1] === lineFeed) to--
    trace.reset()
    if (hasLines(bytes, start, to)) findTrace(bytes, { start, end: to, message: -1 }, trace)
    if (trace.start < 0) return out.text(isStack ? errorStack : errorMessage, start, to)
    out.text(errorStack, start, to)
    if (!hasType && trace.isPanic) out.string(errorType, 'panic')
    else if (!hasType && trace.typeStart >= 0) out.text(errorType, trace.typeStart, trace.typeEnd)
    if (!hasMessage && trace.textStart >= 0) out.text(errorMessage, trace.textStart, trace.textEnd)
    if (trace.rootStart >= 0) out.text(this.#rootType, trace.rootStart, trace.rootEnd)
    if (trace.fileStart >= 0) out.text(originFile, trace.fileStart, trace.fileEnd)
    if (trace.line >= 0) out.number(originLine, trace.line)
    if (trace.functionStart >= 0) out.text(originFunction, trace.functionStart, trace.functionEnd)
  }
}

function hasLines(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === lineFeed) return true
  return false
}
