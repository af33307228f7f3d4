import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bytesOf } from '../src/core/byte-writer.ts'
import { EventBatch, EventTables } from '../src/core/event-batch.ts'
import { EventWriter } from '../src/core/event-writer.ts'
import { fieldId } from '../src/core/field.ts'
import { hashFields } from '../src/core/id.ts'
import { RecordBatch, type Source } from '../src/core/record-batch.ts'
import { openStore } from '../src/state/store.ts'

/** Writes events into an empty store, 2,000 a batch and 20,000 a commit, and prints thousands of events per CPU second. */
const total = Number(process.argv[2] ?? 400_000)
const batchSize = 2000
const words =
  'request completed user order payment timeout connection refused upstream database cache retry handler worker token session cart'.split(
    ' ',
  )

const source: Source = {
  id: 'file:bench',
  name: '/var/log/shop/app.log',
  pipeline: 'bench',
  constants: [{ field: 'log.file.path', value: '/var/log/shop/app.log' }],
  isFile: true,
  idHead: hashFields(['bench'], 6),
  idTail: new Uint8Array(4),
}

function word(i: number): string {
  return words[(Math.imul(i, 2654435761) >>> 7) % words.length]!
}

function batchFrom(first: number, chinese: boolean): EventBatch {
  const messages = Array.from({ length: batchSize }, (_, k) => {
    const i = first + k
    if (chinese) return `订单 ${i} 支付超时，用户 ${i % 997} 已重试 ${i % 7} 次，来自 10.0.${i % 255}.${i % 13}`
    return `${word(i)} ${word(i * 3 + 1)} for ${word(i * 7 + 2)} id=${(i * 99_991) % 100_000} took ${i % 997}ms from 10.0.${i % 255}.${i % 13}`
  })
  const values = messages.map(bytesOf)
  const records = new RecordBatch(source, new Uint8Array(Buffer.concat(values)), BigInt(first * 300), batchSize)
  const batch = new EventBatch(new EventTables())
  batch.reset(records)
  batch.tables.formatId({
    name: 'pino_http',
    constants: { 'event.dataset': 'pino.http', 'event.module': 'pino' },
    isAccess: true,
  })
  const out = new EventWriter(batch)
  let at = 0
  values.forEach((value, i) => {
    const end = at + value.length
    const time = 1_795_299_255_106 + (first + i) * 3
    records.push(i * 300, time, at, end)
    out.begin()
    out.setFormat(0)
    out.setTime({ ms: time, ns: 0, digits: 3, flags: 0 })
    out.text(fieldId('message'), at, end)
    out.string(fieldId('service.name'), `shop-${i % 20}`)
    out.string(fieldId('host.name'), 'web-1')
    out.string(fieldId('http.request.method'), 'GET')
    out.string(fieldId('url.original'), `/api/orders/${i}`)
    out.string(fieldId('url.path'), `/api/orders/${i}`)
    out.string(fieldId('user_agent.original'), 'Mozilla/5.0 (X11; Linux x86_64)')
    out.number(fieldId('process.pid'), 123)
    out.setStatus(i % 100 === 0 ? 500 : 200)
    out.setDurationNs(i * 1e5)
    out.end(i * 300, i * 300, time, 0)
    at = end
  })
  return batch
}

async function measure(name: string, text: 'fts' | 'like', chinese: boolean): Promise<void> {
  const dir = mkdtempSync(path.join(tmpdir(), 'logpipe-bench-'))
  const store = openStore(dir, { text })
  let userMs = 0
  let wallMs = 0
  for (let first = 0; first < total; first += batchSize) {
    const batch = batchFrom(first, chinese)
    const [cpu, start] = [process.cpuUsage(), performance.now()]
    await store.events.write(batch, 0)
    if ((first / batchSize) % 10 === 9) store.flush()
    const used = process.cpuUsage(cpu)
    userMs += (used.user + used.system) / 1000
    wallMs += performance.now() - start
  }
  store.flush()
  const rates = [userMs, wallMs].map((ms) => Math.round(total / ms))
  const bytes = statSync(path.join(dir, 'logpipe.db')).size / total
  const searches = ['timeout', 'level:error', 'service:shop-3 refused', 'host:web-2', '"订单 77"'].map((expression) => {
    const start = performance.now()
    store.view.query.search({ expression, nowMs: 0 })
    return `${expression} ${(performance.now() - start).toFixed(0)} ms`
  })
  console.log(
    `${name}: ${rates[0]} k/s cpu, ${rates[1]} k/s wall, ${Math.round(bytes)} B an event; ${searches.join(', ')}`,
  )
  store.close()
  rmSync(dir, { recursive: true })
}

await measure('no full text', 'like', false)
await measure('full text', 'fts', false)
await measure('full text, Chinese', 'fts', true)
