import { bytesOf } from '../../core/byte-writer.ts'
import {
  decimalEnd,
  digitCount,
  digitsEnd,
  digitsOf,
  isDigit,
  pointOf,
  scanDecimal,
  scanDurationNs,
} from '../quantity.ts'
import { WordTable } from '../word-table.ts'

/** What a monitor line is about, by its first words. */
export const head = {
  slowRequest: 1,
  slowQuery: 2,
  requestDone: 3,
  requestFailed: 4,
  order: 5,
  signal: 6,
  task: 7,
  user: 8,
  cpu: 9,
  memory: 10,
  disk: 11,
  /** An order in the state `code - orderState`. */
  orderState: 20,
} as const

export const orderState = { open: 1, filled: 2, partial: 3, cancelled: 4, rejected: 5 } as const

/** Keys of `key=value` and `key:value`. */
export const key = {
  id: 1,
  symbol: 2,
  side: 3,
  quantity: 4,
  price: 5,
  amount: 6,
  currency: 7,
  status: 8,
  reason: 9,
  strategy: 10,
  strength: 11,
  user: 12,
  action: 13,
  ip: 14,
  duration: 15,
} as const

export const result = { success: 1, failure: 2, started: 3 } as const
const side = { buy: 1, sell: 2 } as const

/**
 * The words of monitor lines, one list per meaning; `_` stands for one blank, too. Everything that a line of
 * `docs/formats.md` section 9 may call differently is here.
 */
const aliases: Readonly<Record<string, readonly (readonly [meaning: number, words: string])[]>> = {
  heads: [
    [head.slowRequest, 'slow_request slow_api slow_endpoint 慢请求 慢接口 慢接口请求 请求过慢'],
    [head.slowQuery, 'slow_query slow_sql 慢查询 慢sql 慢sql查询'],
    [head.requestDone, 'request_completed request_finished request_done request_succeeded 请求完成 请求成功 请求结束'],
    [head.requestFailed, 'request_failed request_error 请求失败 请求异常 请求错误'],
    [head.order, 'order 订单'],
    [head.signal, 'signal trading_signal strategy_signal 策略信号 交易信号 信号'],
    [head.task, 'task job scheduled_task scheduled_job cron_job 任务 定时任务 计划任务 作业'],
    [head.user, 'user username 用户 用户名'],
    [head.cpu, 'cpu cpu_usage cpu_percent cpu使用率 cpu占用 cpu占用率 处理器使用率'],
    [head.memory, 'mem memory mem_usage memory_usage 内存 内存使用率 内存占用 内存占用率'],
    [head.disk, 'disk disk_usage 磁盘 磁盘使用率 磁盘占用率 硬盘使用率'],
    [head.orderState + orderState.open, 'order_placed order_created order_submitted order_accepted new_order'],
    [head.orderState + orderState.open, '下单 下单成功 新订单 提交订单 订单提交 委托成功'],
    [head.orderState + orderState.filled, 'order_filled order_executed 成交 全部成交 订单成交 成交成功'],
    [head.orderState + orderState.partial, 'order_partially_filled 部分成交 订单部分成交'],
    [head.orderState + orderState.cancelled, 'order_cancelled order_canceled 撤单 撤单成功 订单取消 取消订单 订单撤销'],
    [
      head.orderState + orderState.rejected,
      'order_rejected order_failed 下单失败 拒单 废单 订单拒绝 订单失败 委托失败',
    ],
  ],
  states: [
    [orderState.open, 'new placed created submitted accepted open 已提交 已报 新建'],
    [orderState.filled, 'filled executed done 已成交 成交 全部成交'],
    [orderState.partial, 'partially_filled partial 部分成交 部成'],
    [orderState.cancelled, 'cancelled canceled 已撤单 已撤 撤单 已取消 取消'],
    [orderState.rejected, 'rejected failed expired 已拒绝 拒绝 拒单 废单 失败'],
  ],
  keys: [
    [key.id, 'id order_id orderid order 订单号 订单 订单id 委托号 单号'],
    [key.symbol, 'symbol ticker instrument code 标的 代码 股票 股票代码 合约 品种 交易对'],
    [key.side, 'side direction 方向 买卖方向 买卖'],
    [key.quantity, 'qty quantity volume size 数量 股数 手数'],
    [key.price, 'price avg_price 价格 成交价 委托价 均价'],
    [key.amount, 'amount total notional 金额 总额 成交额 成交金额'],
    [key.currency, 'currency ccy 币种 货币'],
    [key.status, 'status result state 状态 结果'],
    [key.reason, 'reason error 原因 失败原因 错误'],
    [key.strategy, 'strategy 策略'],
    [key.strength, 'strength confidence score 强度 置信度 信号强度'],
    [key.user, 'user username 用户 用户名'],
    [key.action, 'action operation 操作 动作 行为'],
    [key.ip, 'ip addr client_ip remote_addr 来源 ip地址 来源ip'],
    [key.duration, 'took duration elapsed cost 耗时 用时 时长'],
  ],
  sides: [
    [side.buy, 'buy long bid 买入 买 买进 做多 开多'],
    [side.sell, 'sell short ask 卖出 卖 做空 开空'],
  ],
  results: [
    [result.success, 'success succeeded successful ok passed finished completed complete done'],
    [result.success, '成功 完成 执行成功 执行完成 执行完毕 已完成 结束'],
    [result.failure, 'failure failed fail error errored timeout denied crashed aborted'],
    [result.failure, '失败 执行失败 出错 错误 异常 执行异常 超时 执行超时 拒绝'],
    [result.started, 'started begun running starting 开始 启动 开始执行 执行中 运行中'],
  ],
  took: [[1, '- took in cost duration elapsed after : 耗时 用时 耗费 共']],
}

const heads = new WordTable(aliases['heads']!)
const keys = new WordTable(aliases['keys']!)
const states = new WordTable(aliases['states']!)
const sides = new WordTable(aliases['sides']!)
const results = new WordTable(aliases['results']!)
const took = new WordTable(aliases['took']!)

const [space, percent, open, close, comma, colon, equals, bar, underscore] = [
  0x20, 0x25, 0x28, 0x29, 0x2c, 0x3a, 0x3d, 0x7c, 0x5f,
]
/** A head has at most three words; longer spans are none. */
const [maxHeadWords, maxHeadBytes] = [3, 48]
/** A copy of a few words with one kind of marks: what the tables and number scanners read. */
const plain = new Uint8Array(64)

/** The character at `at`, a full-width one as its ASCII twin (U+FF01 to U+FF3F), U+3000 as a blank. */
export function markAt(bytes: Uint8Array, at: number, end: number): number {
  const byte = at < end ? bytes[at]! : 0
  if (byte === 0xef && at + 2 < end && bytes[at + 1] === 0xbc) return bytes[at + 2]! - 0x60
  return byte === 0xe3 && at + 2 < end && bytes[at + 1] === 0x80 && bytes[at + 2] === 0x80 ? space : byte
}

/** Bytes of the character at `at` if it is a mark that `markAt` has told: three if it is full-width. */
export function markSize(bytes: Uint8Array, at: number): number {
  return bytes[at]! >= 0xe0 ? 3 : 1
}

export function skipBlanks(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end && markAt(bytes, to, end) === space) to += markSize(bytes, to)
  return to
}

/** As `skipBlanks`, commas, bars and semicolons between pairs too. */
export function skipSeparators(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end) {
    const mark = markAt(bytes, to, end)
    if (mark !== space && mark !== comma && mark !== bar && mark !== 0x3b) return to
    to += markSize(bytes, to)
  }
  return to
}

/** Position after a colon and the blanks around it; -1 if there is none. */
export function afterColon(bytes: Uint8Array, at: number, end: number): number {
  const to = skipBlanks(bytes, at, end)
  return markAt(bytes, to, end) === colon ? skipBlanks(bytes, to + markSize(bytes, to), end) : -1
}

/** End of a word: up to a blank, comma, colon, equals sign or bracket, full-width ones too. */
export function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end) {
    const mark = markAt(bytes, to, end)
    if (mark <= space || mark === comma || mark === colon || mark === equals || mark === open || mark === close) break
    to++
  }
  return to
}

/** End of a value: up to a blank, a comma that is not within a number, or a bar. */
export function valueEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end) {
    const mark = markAt(bytes, to, end)
    if (mark === space || mark === bar || mark === 0x3b) break
    if (mark === comma && !(to > at && isDigit(bytes[to - 1]) && to + 1 < end && isDigit(bytes[to + 1]))) break
    to++
  }
  return to
}

/** 1 for the first two bytes of a head, in lower case. */
const headStarts = new Uint8Array(1 << 16)
for (const [, words] of aliases['heads']!) {
  for (const word of words.split(' ')) headStarts[startOf(bytesOf(word), 0)] = 1
}

function startOf(bytes: Uint8Array, at: number): number {
  return (lowered(bytes[at]!) << 8) | lowered(bytes[at + 1]!)
}

function lowered(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
}

/** Whether `headAt` may find something: the first two bytes are those of a head, which has three at least. */
export function mayBeHead(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 2 < end && headStarts[startOf(bytes, at)] === 1
}

/**
 * The meaning of the words at `at`: as many as make a head, three at most. The result is `meaning * 2^16 + bytes` of
 * them, 0 if they make none.
 */
export function headAt(bytes: Uint8Array, at: number, end: number): number {
  if (!mayBeHead(bytes, at, end)) return 0
  const limit = Math.min(end, at + maxHeadBytes)
  let found = 0
  let to = at
  for (let words = 0; words < maxHeadWords; words++) {
    to = wordEnd(bytes, to, limit)
    if (to === limit && to < end) break
    const meaning = findPhrase(heads, bytes, at, to)
    if (meaning !== 0) found = meaning * 65_536 + to - at
    if (to >= limit || bytes[to] !== space) break
    to++
  }
  return found
}

function findPhrase(table: WordTable, bytes: Uint8Array, start: number, end: number): number {
  if (end - start > plain.length) return 0
  for (let i = start; i < end; i++) plain[i - start] = bytes[i] === space ? underscore : bytes[i]!
  return table.find(plain, 0, end - start)
}

export function keyOf(bytes: Uint8Array, start: number, end: number): number {
  return keys.find(bytes, start, end)
}

export function stateOf(bytes: Uint8Array, start: number, end: number): number {
  return states.find(bytes, start, end)
}

export function sideOf(bytes: Uint8Array, start: number, end: number): number {
  return sides.find(bytes, start, end)
}

export function resultOf(bytes: Uint8Array, start: number, end: number): number {
  return results.find(bytes, start, end)
}

/** Position after words such as `took`, `-`, `耗时` and the blanks around them. */
export function skipTook(bytes: Uint8Array, at: number, end: number): number {
  let from = skipBlanks(bytes, at, end)
  for (let i = 0; i < 3 && from < end; i++) {
    const mark = markAt(bytes, from, end)
    if (mark === colon || mark === equals || mark === comma) {
      from = skipBlanks(bytes, from + markSize(bytes, from), end)
      continue
    }
    let to = from
    while (to < end && !isDigit(bytes[to]) && markAt(bytes, to, end) !== space && markAt(bytes, to, end) !== colon) to++
    if (to - from > plain.length || took.find(bytes, from, to) === 0) return from
    from = skipBlanks(bytes, to, end)
  }
  return from
}

/** Copies a span without thousands separators, with ASCII marks; its length, or -1 if it does not fit. */
function copyPlain(bytes: Uint8Array, start: number, end: number): number {
  let size = 0
  for (let i = start; i < end;) {
    if (size === plain.length) return -1
    const mark = markAt(bytes, i, end)
    const isWide = mark !== bytes[i]
    if (mark === comma && isDigit(bytes[i - 1]) && digitsEnd(bytes, i + 1, end) === i + 4) {
      i++
      continue
    }
    plain[size++] = mark
    i += isWide ? 3 : 1
  }
  return size
}

/** A decimal number with or without thousands separators that fills the span; NaN if it is none. */
export function numberOf(bytes: Uint8Array, start: number, end: number): number {
  const size = copyPlain(bytes, start, end)
  return size <= 0 ? Number.NaN : scanDecimal(plain, 0, size)
}

/** A duration with a unit that fills the span, in ns; NaN if it is none. */
export function durationOf(bytes: Uint8Array, start: number, end: number): number {
  const size = copyPlain(bytes, start, end)
  return size <= 0 ? Number.NaN : scanDurationNs(plain, 0, size, Number.NaN)
}

/** A share that fills the span: `91.5%`, or a number of 0 to 1. NaN for anything else; the text is divided, not a double. */
export function shareOf(bytes: Uint8Array, start: number, end: number): number {
  const size = copyPlain(bytes, start, end)
  if (size <= 0) return Number.NaN
  const isPercent = plain[size - 1] === percent
  const to = isPercent ? size - 1 : size
  if (decimalEnd(plain, 0, to) !== to) return Number.NaN
  const digits = digitCount(plain, 0, to)
  const shift = digits - pointOf(plain, 0, to) + (isPercent ? 2 : 0)
  const share = digitsOf(plain, 0, to, 0, digits) / 10 ** shift
  return share <= 1 ? share : Number.NaN
}

/** End of a duration that begins with a digit at `at`: number, at most one blank, unit, and further ones without blanks. */
export function durationEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end && (isDigit(bytes[to]) || bytes[to] === 0x2e || bytes[to] === comma)) to++
  if (to === at) return at
  if (to < end && bytes[to] === space) to++
  while (to < end && !endsUnit(markAt(bytes, to, end))) to++
  return to
}

function endsUnit(mark: number): boolean {
  return mark === space || mark === comma || mark === open || mark === close || mark === colon || mark === 0x5d
}
