// Sets a clone up: installs what package-lock.json says, once. Runs as the `pre` script of every npm script and from
// bin/logpipe, so it has to work on any Node from 20, before anything is installed: Node built-ins only.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** While its holder lives, a lock is touched this often. */
const HEARTBEAT_MS = 2_000
/** A lock that nobody touched for so long belongs to nobody, whatever its pid says (pids come again, hosts differ). */
const STALE_MS = 60_000
const POLL_MS = 200

class PrepareError extends Error {}

const isWindows = process.platform === 'win32'

function places(root) {
  const modules = path.join(root, 'node_modules')
  return {
    root,
    lockFile: path.join(root, 'package-lock.json'),
    // A copy and not a hash: as cheap to compare, and bin/logpipe compares it with `cmp` and without Node.
    stamp: path.join(modules, '.prepared-lock.json'),
    node: path.join(modules, 'node', 'bin', isWindows ? 'node.exe' : 'node'),
    lock: path.join(root, '.prepare-lock'),
  }
}

function readOrEmpty(file) {
  try {
    return fs.readFileSync(file)
  } catch {
    return Buffer.alloc(0)
  }
}

function isPrepared(at) {
  const wanted = readOrEmpty(at.lockFile)
  return wanted.length > 0 && wanted.equals(readOrEmpty(at.stamp)) && fs.existsSync(at.node)
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** The text of the owner file says whose the lock is; an empty text is a holder that has not written it yet. */
function readLock(lock) {
  try {
    const age = Date.now() - fs.statSync(lock).mtimeMs
    const text = readOrEmpty(path.join(lock, 'owner')).toString()
    const [host, pid] = text.split(' ')
    const isDead = host === os.hostname() && !isAlive(Number(pid))
    return { text, pid, isStale: isDead || age > STALE_MS }
  } catch {
    return undefined
  }
}

/**
 * Takes an abandoned lock away by a rename, which only one of several waiters can do. When the renamed one turns out to
 * be a new holder's, made between the look and the rename, it goes back.
 */
function removeStale(lock, seen) {
  const aside = `${lock}-${process.pid}`
  try {
    fs.renameSync(lock, aside)
    if (readOrEmpty(path.join(aside, 'owner')).toString() === seen) fs.rmSync(aside, { recursive: true, force: true })
    else fs.renameSync(aside, lock)
  } catch {
    // Another waiter was faster.
  }
}

function tryLock(lock) {
  try {
    fs.mkdirSync(lock)
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw new PrepareError(
      `${path.dirname(lock)} cannot be written (${error.code}); make the clone writable, or copy it to a folder that is`,
    )
  }
  fs.writeFileSync(path.join(lock, 'owner'), `${os.hostname()} ${process.pid} ${Date.now()}`)
  return true
}

/** Returns the release function, or undefined when another run did the work meanwhile. */
async function acquire(at, say) {
  let hasSaid = false
  while (!tryLock(at.lock)) {
    const held = readLock(at.lock)
    if (held?.isStale) {
      removeStale(at.lock, held.text)
      continue
    }
    if (held && !hasSaid) {
      say(`waiting for another set-up in this folder (pid ${held.pid || 'unknown'})`)
      hasSaid = true
    }
    await sleep(POLL_MS)
    if (isPrepared(at)) return undefined
  }
  const heartbeat = setInterval(() => {
    const now = new Date()
    fs.utimes(at.lock, now, now, () => {})
  }, HEARTBEAT_MS)
  return () => {
    clearInterval(heartbeat)
    fs.rmSync(at.lock, { recursive: true, force: true })
  }
}

function findOnPath(name, isWanted) {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, name)
    if (folder !== '' && fs.existsSync(file) && isWanted(file)) return file
  }
  return undefined
}

/** npm as [program, first arguments]. The Node that runs it must not be the pinned one: this very install may replace it. */
function findNpm(at) {
  const isOutside = (file) => !fs.realpathSync(file).startsWith(path.join(at.root, 'node_modules') + path.sep)
  const node = isOutside(process.execPath) ? process.execPath : findOnPath(isWindows ? 'node.exe' : 'node', isOutside)
  const given = process.env.npm_execpath
  if (given && /npm-cli\.c?js$/.test(given) && fs.existsSync(given)) return [node ?? process.execPath, [given]]
  const npm = findOnPath(isWindows ? 'npm.cmd' : 'npm', isOutside)
  if (npm === undefined) throw new PrepareError('npm is not on the PATH; install Node.js 20 or newer together with npm')
  return [npm, []]
}

/** One line out of npm's report: its first lines of error, without the prefix. */
function reasonOf(output) {
  const lines = []
  for (const line of output.split('\n')) {
    const text = /^npm (?:error|ERR!) (.*)/.exec(line)?.[1]?.trim()
    if (text && !/complete log|logs-dir|\.log$/.test(text)) lines.push(text)
  }
  return lines.slice(0, 3).join('; ') || output.trim().split('\n').at(-1) || 'no output'
}

function install(at) {
  const [program, first] = findNpm(at)
  // `npm ci` refuses a lock file that lacks the optional packages of other platforms.
  const args = [...first, 'install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--no-progress']
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: at.root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: isWindows && first.length === 0,
    })
    let output = ''
    const keep = (chunk) => {
      output = (output + chunk).slice(-65_536)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const forward = (signal) => child.kill(signal)
    process.once('SIGINT', forward)
    process.once('SIGTERM', forward)
    child.once('error', (error) =>
      reject(new PrepareError(`npm did not start (${error.message}); install Node.js 20 or newer together with npm`)),
    )
    child.once('close', (code, signal) => {
      process.off('SIGINT', forward)
      process.off('SIGTERM', forward)
      if (code === 0) resolve()
      else if (signal) reject(new PrepareError(`npm install was ended by ${signal}; run the same command again`))
      else
        reject(
          new PrepareError(
            `npm install ended with exit code ${code} (${reasonOf(output)}); check the access to the npm registry and the free disk space, then run the same command again`,
          ),
        )
    })
  })
}

/** Resolves when everything in the lock file is installed. Without work to do it is one comparison of two files. */
export async function prepare(root, say) {
  const at = places(root)
  if (isPrepared(at)) return
  const [major] = process.versions.node.split('.')
  if (Number(major) < 20)
    throw new PrepareError(`Node.js ${process.versions.node} is too old; install Node.js 20 or newer`)
  if (!fs.existsSync(at.lockFile))
    throw new PrepareError('package-lock.json is missing; restore it with `git checkout package-lock.json`')
  const release = await acquire(at, say)
  if (release === undefined) return
  try {
    if (isPrepared(at)) return
    say('installing dependencies, once')
    // What is installed from here on is neither the old state nor the new one.
    fs.rmSync(at.stamp, { force: true })
    const wanted = fs.readFileSync(at.lockFile)
    await install(at)
    if (!fs.existsSync(at.node))
      throw new PrepareError(
        'npm installed no Node.js binary; set ignore-scripts to false (`npm config get ignore-scripts`), delete node_modules and run the same command again',
      )
    fs.writeFileSync(at.stamp, wanted)
  } finally {
    release()
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  const say = (text) => process.stderr.write(`logpipe set-up: ${text}\n`)
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
  prepare(root, say).catch((error) => {
    say(error instanceof PrepareError ? error.message : `${error.stack}`)
    process.exitCode = 1
  })
}
