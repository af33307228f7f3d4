import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkOnline } from '../../../src/app/online.ts'
import { loadConfig } from '../../../src/app/project.ts'

let folder = ''
const server = createServer((socket) => socket.destroy())
let open = 0
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'logpipe-online-'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open = (server.address() as AddressInfo).port
})
afterEach(async () => {
  rmSync(folder, { recursive: true })
  await new Promise((resolve) => server.close(resolve))
})

async function findings(main: string, source: string, channels = '{}'): Promise<string[]> {
  mkdirSync(path.join(folder, 'pipelines', 'notify'), { recursive: true })
  const files = {
    'logpipe.yaml': main,
    'pipelines/app.yaml': `version: 1\nsource: ${source}\n`,
    'pipelines/notify/routing.yaml': `version: 1\nchannels: ${channels}\n`,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text)
  const loaded = loadConfig({ cwd: folder, env: {} })
  expect(loaded.findings).toEqual([])
  const found = await checkOnline(loaded)
  return found.map(({ file, line, severity, code, message }) => {
    return `${path.basename(file)}:${line} ${severity} ${code} ${message.replaceAll(folder, '')}`
  })
}

test('nothing is told if all is there', async () => {
  writeFileSync(path.join(folder, 'a.log'), '')
  const main = `server: { port: 0 }\nstore: { path: ${folder}/deep/er }`
  const channels = `{ hook: { type: webhook, url: 'http://127.0.0.1:${open}/x' } }`
  expect(await findings(main, `{ type: file, paths: ['${folder}/*.log'] }`, channels)).toEqual([])
})

test('what is missing is told at its place', async () => {
  writeFileSync(path.join(folder, 'file'), '')
  const main = `server: { port: ${open} }\nstore: { path: ${folder}/file/data }`
  const channels = '{ hook: { type: webhook, url: "http://127.0.0.1:1/x" } }'
  expect(await findings(main, `{ type: file, paths: ['${folder}/*.log'] }`, channels)).toEqual([
    expect.stringMatching(/^logpipe.yaml:2 error not_reachable .*file/),
    expect.stringMatching(/^logpipe.yaml:1 warning not_reachable 127.0.0.1:\d+: .*EADDRINUSE/),
    'app.yaml:2 warning not_reachable there is no file /*.log yet',
    expect.stringMatching(/^routing.yaml:2 error not_reachable 127.0.0.1:1 does not answer: .*ECONNREFUSED/),
  ])
})
