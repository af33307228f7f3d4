import { appendFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Source } from '../src/core/record-batch.ts'

/** A source like stdin. */
export const benchSource: Source = {
  id: 'bench',
  name: 'bench',
  pipeline: 'bench',
  constants: [],
  isFile: false,
  idHead: new Uint8Array(6),
  idTail: undefined,
}

/** Deterministic lines of one kind; the shapes of design: pino-http JSON of about 285 bytes, nginx of about 200. */
const kinds = {
  pino_http(i: number): string {
    const path = paths[i % paths.length]!
    const status = i % 97 === 0 ? 500 : i % 31 === 0 ? 404 : 200
    const time = 1_795_299_255_106 + i * 3
    return `{"level":30,"time":${time},"pid":${4000 + (i % 8)},"hostname":"web-${i % 4}","req":{"id":${i},"method":"${i % 5 === 0 ? 'POST' : 'GET'}","url":"${path}?page=${i % 40}","remoteAddress":"10.0.${i % 200}.${i % 251}","remotePort":${40_000 + (i % 9000)}},"res":{"statusCode":${status}},"responseTime":${i % 900},"msg":"request completed"}`
  },
  nginx_access(i: number): string {
    const seconds = 1 + (Math.floor(i / 300) % 59)
    const minute = Math.floor(i / 17_700) % 60
    const status = i % 97 === 0 ? 502 : i % 31 === 0 ? 404 : 200
    const two = (n: number): string => String(n).padStart(2, '0')
    return `10.0.${i % 200}.${i % 251} - - [21/Nov/2026:10:${two(minute)}:${two(seconds)} +0000] "${i % 5 === 0 ? 'POST' : 'GET'} ${paths[i % paths.length]!}?page=${i % 40} HTTP/1.1" ${status} ${500 + (i % 9000)} "-" "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/131.0" 0.${String(i % 1000).padStart(3, '0')}`
  },
} as const

const paths = [
  '/api/orders',
  '/api/orders/items',
  '/checkout',
  '/login',
  '/search',
  '/cart/add',
  '/api/users',
  '/health',
]

export type LineKind = keyof typeof kinds

export function lineOf(kind: LineKind, i: number): string {
  return kinds[kind](i)
}

const linesPerWrite = 50_000

/** A file of `count` lines in the temporary folder; made once. */
export function fileOf(kind: LineKind, count: number): string {
  const folder = path.join(tmpdir(), 'logpipe-bench')
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `${kind}-${count}.log`)
  if (existsSync(file)) return file
  const unfinished = `${file}.part`
  writeFileSync(unfinished, '')
  for (let from = 0; from < count; from += linesPerWrite) {
    let text = ''
    for (let i = from; i < Math.min(count, from + linesPerWrite); i++) text += `${lineOf(kind, i)}\n`
    appendFileSync(unfinished, text)
  }
  renameSync(unfinished, file)
  return file
}
