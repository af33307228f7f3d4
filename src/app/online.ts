import { lookup } from 'node:dns/promises'
import { accessSync, constants, statSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import path from 'node:path'
import type { Finding } from '../config/finding.ts'
import type { Loaded } from '../config/load.ts'
import type { Project } from '../config/project.ts'
import type { ConfigTree, Path } from '../config/tree.ts'
import { describeError } from '../core/error.ts'
import { findFiles } from '../source/file/discover.ts'

/** How long a host may take to answer, ms. */
const connectMs = 3000

interface Problem {
  readonly at: Path
  readonly message: string
  readonly isWarning?: boolean
}

/**
 * What the project needs of the outside and does not find now: the folder of the store, files, the port, hosts of
 * channels. It connects, and sends nothing. Warnings are what another process of logpipe may hold, and files that may
 * come later.
 */
export async function checkOnline({ project, trees }: Loaded): Promise<Finding[]> {
  if (project === undefined) return []
  const found: Finding[] = []
  function tell(tree: ConfigTree | undefined, problems: readonly Problem[]): void {
    for (const { at, message, isWarning = false } of problems) {
      if (tree !== undefined) found.push(tree.finding(at, 'not_reachable', message, { isWarning }))
    }
  }
  const treeOf = (word: string): ConfigTree | undefined => trees.find((one) => one.word === word)?.tree
  tell(treeOf('installation'), [...storeProblems(project), ...(await portProblems(project))])
  for (const pipeline of project.pipelines) {
    const tree = trees.find((one) => one.tree.name === pipeline.file)?.tree
    if (pipeline.source.type === 'file') tell(tree, await fileProblems(pipeline.source.config))
  }
  const hosts = project.channels.map(({ name, config }) => hostProblems(name, config['url']))
  tell(treeOf('routing'), (await Promise.all(hosts)).flat())
  return found
}

/** The folder, or the nearest one above that is there, must be open to writing. */
function storeProblems({ installation }: Project): Problem[] {
  const folder = path.resolve(installation.store.path)
  let there = folder
  while (statSync(there, { throwIfNoEntry: false }) === undefined) there = path.dirname(there)
  try {
    accessSync(there, constants.W_OK | constants.X_OK)
    if (statSync(there).isDirectory()) return []
    return [{ at: ['store', 'path'], message: `${there} is no folder` }]
  } catch (error) {
    return [{ at: ['store', 'path'], message: `nothing can be written to ${there}: ${describeError(error)}` }]
  }
}

async function portProblems({ installation }: Project): Promise<Problem[]> {
  const { host, port } = installation.server
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => {
      resolve([{ at: ['server', 'port'], message: `${host}:${port}: ${describeError(error)}`, isWarning: true }])
    })
    server.listen(port, host, () => server.close(() => resolve([])))
  })
}

/** `config` is that of a source of type file. */
async function fileProblems(config: Readonly<Record<string, unknown>>): Promise<Problem[]> {
  // Read by the schema of the source.
  const { paths, exclude } = config as { paths: string[]; exclude: string[] }
  const problems: Problem[] = []
  for (const [i, pattern] of paths.entries()) {
    const at = ['source', 'paths', i]
    const complaints: string[] = []
    const files = await findFiles({ paths: [pattern], exclude }, (_, error) => complaints.push(describeError(error)))
    if (files.length === 0) {
      problems.push({ at, message: complaints[0] ?? `there is no file ${pattern} yet`, isWarning: true })
    }
    const closed = files.find((file) => !isReadable(file.path))
    if (closed !== undefined) problems.push({ at, message: `${closed.path} cannot be read` })
  }
  return problems
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}

async function hostProblems(name: string, address: unknown): Promise<Problem[]> {
  const url = typeof address === 'string' ? URL.parse(address) : null
  if (url === null) return []
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  try {
    await lookup(host)
    await reach(host, port)
    return []
  } catch (error) {
    return [{ at: ['channels', name, 'url'], message: `${url.host} does not answer: ${describeError(error)}` }]
  }
}

async function reach(host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port, timeout: connectMs })
    const end = (error?: Error): void => {
      socket.destroy()
      if (error === undefined) resolve()
      else reject(error)
    }
    socket.once('connect', () => end())
    socket.once('timeout', () => end(new Error(`no connection within ${connectMs} ms`)))
    socket.once('error', end)
  })
}
