import { bytesOf } from '../../core/byte-writer.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import { fieldId } from '../../core/field.ts'
import { isDigit } from '../quantity.ts'
import { writeConstant } from './constant.ts'
import {
  afterColon,
  key,
  keyOf,
  markAt,
  markSize,
  numberOf,
  orderState,
  sideOf,
  skipBlanks,
  skipSeparators,
  stateOf,
  valueEnd,
  wordEnd,
} from './monitor-word.ts'
import { writePresent } from './request.ts'

const [quote, colon, equals, at64] = [0x22, 0x3a, 0x3d, 0x40]
const kind = fieldId('logpipe.business.kind')
const orderId = fieldId('logpipe.business.order_id')
const symbol = fieldId('logpipe.business.symbol')
const sideField = fieldId('logpipe.business.side')
const quantity = fieldId('logpipe.business.quantity')
const price = fieldId('logpipe.business.price')
const amount = fieldId('logpipe.business.amount')
const currency = fieldId('logpipe.business.currency')
const status = fieldId('logpipe.business.status')
const strategy = fieldId('logpipe.business.strategy')
const strength = fieldId('logpipe.business.strength')
const reason = fieldId('event.reason')

const order = bytesOf('order')
const signal = bytesOf('signal')
const sideWords = ['', 'buy', 'sell'].map(bytesOf)
const stateWords = ['', 'new', 'filled', 'partially_filled', 'cancelled', 'rejected'].map(bytesOf)
const [success, failure] = [1, 2]

/** What the pairs of a line have told, beside fields that are written at once: bits. */
const told = { id: 1, symbol: 2, strategy: 4, any: 8, reason: 16 } as const
/** `pairsAt` puts the state of an order above these bits. */
const stateShift = 8

/** `order O-1042 rejected: insufficient margin`; `at` is after the head. */
export function scanOrder(bytes: Uint8Array, at: number, end: number, out: EventWriter): boolean {
  const colonEnd = afterColon(bytes, at, end)
  const id = colonEnd < 0 ? skipBlanks(bytes, at, end) : colonEnd
  const idEnd = wordEnd(bytes, id, end)
  if (id === at || idEnd === id || !hasDigit(bytes, id, idEnd)) return false
  const word = skipBlanks(bytes, idEnd, end)
  let wordTo = wordEnd(bytes, word, end)
  let state = stateOf(bytes, word, wordTo)
  if (state === 0) {
    // `partially filled`: the state is the second word.
    const next = skipBlanks(bytes, wordTo, end)
    const nextEnd = wordEnd(bytes, next, end)
    const isPartial = wordTo - word === 9 && (bytes[word]! | 0x20) === 0x70
    state = isPartial && stateOf(bytes, next, nextEnd) === orderState.filled ? orderState.partial : 0
    wordTo = nextEnd
  }
  if (state === 0) return false
  out.text(orderId, id, idEnd)
  return scanOrderRest(state, bytes, wordTo, end, out)
}

/** `下单成功: 订单号=O-1042 …`, `撤单: O-1042`, `order placed id=O-1042 …`; `at` is after the head. */
export function scanOrderState(state: number, bytes: Uint8Array, at: number, end: number, out: EventWriter): boolean {
  const colonEnd = afterColon(bytes, at, end)
  const from = colonEnd < 0 ? skipBlanks(bytes, at, end) : colonEnd
  if (from === at || from >= end) return false
  const wordTo = wordEnd(bytes, from, end)
  const mark = markAt(bytes, wordTo, end)
  if ((mark === equals || mark === colon) && keyOf(bytes, from, wordTo) !== 0) {
    const found = scanPairs(bytes, from, end, out)
    return (found & told.id) !== 0 && finishOrder(state, found, out)
  }
  if (wordTo === from || !hasDigit(bytes, from, wordTo)) return false
  out.text(orderId, from, wordTo)
  return scanOrderRest(state, bytes, wordTo, end, out)
}

/** After the id: `100@187.25`, pairs, or the reason of a rejection. */
function scanOrderRest(state: number, bytes: Uint8Array, from: number, end: number, out: EventWriter): boolean {
  let at = afterColon(bytes, from, end)
  if (at < 0) at = skipSeparators(bytes, from, end)
  const to = valueEnd(bytes, at, end)
  let sign = at
  while (sign < to && bytes[sign] !== at64) sign++
  if (sign < to && sign > at && isDigit(bytes[at])) {
    const [count, each] = [numberOf(bytes, at, sign), numberOf(bytes, sign + 1, to)]
    if (Number.isNaN(count) || Number.isNaN(each)) return false
    out.number(quantity, count)
    out.number(price, each)
    at = skipSeparators(bytes, to, end)
  }
  const wordTo = wordEnd(bytes, at, end)
  const mark = markAt(bytes, wordTo, end)
  const hasPairs = (mark === equals || mark === colon) && keyOf(bytes, at, wordTo) !== 0
  const found = hasPairs ? scanPairs(bytes, at, end, out) : told.any
  if (!hasPairs && state === orderState.open && at < end) return false
  if (!hasPairs) writePresent(reason, bytes, at, end, out)
  return found !== 0 && finishOrder(state, found, out)
}

/** State and outcome; a state among the pairs is newer than the one of the head. */
function finishOrder(state: number, found: number, out: EventWriter): boolean {
  const last = found >> stateShift || state
  writeConstant(kind, order, out)
  writeConstant(status, stateWords[last]!, out)
  out.setOutcome(last === orderState.rejected ? failure : success)
  if (last === orderState.rejected) out.setError()
  return true
}

/** `strategy=ma_cross symbol=BTCUSDT action=SELL …`, `: ma_cross BTCUSDT 卖出 强度0.82`; `at` is after the head. */
export function scanSignal(bytes: Uint8Array, at: number, end: number, out: EventWriter): boolean {
  const colonEnd = afterColon(bytes, at, end)
  let from = colonEnd < 0 ? skipBlanks(bytes, at, end) : colonEnd
  if (from === at) return false
  let found = 0
  const first = wordEnd(bytes, from, end)
  if (markAt(bytes, first, end) !== equals && markAt(bytes, first, end) !== colon) {
    const second = skipBlanks(bytes, first, end)
    const secondEnd = wordEnd(bytes, second, end)
    const third = skipBlanks(bytes, secondEnd, end)
    const thirdEnd = wordEnd(bytes, third, end)
    const direction = sideOf(bytes, third, thirdEnd)
    if (first === from || secondEnd === second || direction === 0) return false
    out.text(strategy, from, first)
    out.text(symbol, second, secondEnd)
    writeConstant(sideField, sideWords[direction]!, out)
    found = told.strategy | told.symbol
    from = skipSeparators(bytes, thirdEnd, end)
  }
  found |= from < end ? scanPairs(bytes, from, end, out) : told.any
  if ((found & told.any) === 0 || (found & (told.strategy | told.symbol)) === 0) return false
  writeConstant(kind, signal, out)
  return true
}

/** `key=value key:value 强度0.82` to the end, and what they told; 0 if something else is among them. */
function scanPairs(bytes: Uint8Array, start: number, end: number, out: EventWriter): number {
  let found = 0
  for (let at = start; at < end;) {
    let keyEnd = wordEnd(bytes, at, end)
    const mark = markAt(bytes, keyEnd, end)
    let from = keyEnd
    if (mark === equals || mark === colon) from = skipBlanks(bytes, keyEnd + markSize(bytes, keyEnd), end)
    else {
      keyEnd = at
      while (keyEnd < from && !isDigit(bytes[keyEnd])) keyEnd++
      if (keyEnd === from || keyOf(bytes, at, keyEnd) === 0) return 0
      from = keyEnd
    }
    if (keyEnd === at) return 0
    const meaning = keyOf(bytes, at, keyEnd)
    const isRest = meaning === key.reason
    let to = isRest ? end : valueEnd(bytes, from, end)
    if (bytes[from] === quote) {
      to = ++from
      while (to < end && bytes[to] !== quote) to++
      if (to >= end) return 0
    }
    const one = writePair(meaning, bytes, from, to, out)
    if (one < 0) return 0
    // The newest state counts.
    found = one >> stateShift ? (found & 0xff) | one : found | one
    at = skipSeparators(bytes, bytes[from - 1] === quote ? to + 1 : to, end)
  }
  return found | told.any
}

/** Bits of `told`, and a state above them; -1 if the value is none of its key. Unknown keys stay in the message. */
function writePair(meaning: number, bytes: Uint8Array, start: number, end: number, out: EventWriter): number {
  switch (meaning) {
    case key.id:
      writePresent(orderId, bytes, start, end, out)
      return told.id
    case key.symbol:
      writePresent(symbol, bytes, start, end, out)
      return told.symbol
    case key.strategy:
      writePresent(strategy, bytes, start, end, out)
      return told.strategy
    case key.side:
    case key.action: {
      const direction = sideOf(bytes, start, end)
      if (direction !== 0) writeConstant(sideField, sideWords[direction]!, out)
      return meaning === key.side && direction === 0 ? -1 : 0
    }
    case key.quantity:
      return writeNumber(quantity, bytes, start, end, out)
    case key.price:
      return writeNumber(price, bytes, start, end, out)
    case key.amount:
      return writeNumber(amount, bytes, start, end, out)
    case key.strength:
      return writeNumber(strength, bytes, start, end, out)
    case key.currency:
      writePresent(currency, bytes, start, end, out)
      return 0
    case key.status:
      return stateOf(bytes, start, end) << stateShift
    case key.reason:
      writePresent(reason, bytes, start, end, out)
      return told.reason
    default:
      return 0
  }
}

function writeNumber(field: number, bytes: Uint8Array, start: number, end: number, out: EventWriter): number {
  if (end - start === 1 && bytes[start] === 0x2d) return 0
  const value = numberOf(bytes, start, end)
  if (Number.isNaN(value)) return -1
  out.number(field, value)
  return 0
}

function hasDigit(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (isDigit(bytes[i])) return true
  return false
}
