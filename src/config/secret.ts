import { lstatSync, readFileSync, realpathSync, type Stats } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { Secret } from '../core/config-field.ts'
import type { Environment } from './environment.ts'
import type { FindingCode } from './finding.ts'

const maxBytes = 65_536

export type SecretOutcome = { readonly secret: Secret } | { readonly code: FindingCode; readonly message: string }

/**
 * Reads what a secret field refers to: `env:NAME` or `${NAME}`, `file:/abs/path` or `${file:/abs/path}`, always as the
 * whole value. Undefined: the text is a literal. No answer repeats the text of a secret.
 */
export function resolveSecret(raw: string, env: Environment): SecretOutcome | undefined {
  const name = /^(?:env:([A-Za-z_][A-Za-z0-9_]*)|\$\{([A-Za-z_][A-Za-z0-9_]*)\})$/.exec(raw)
  if (name !== null) return fromVariable(name[1] ?? name[2] ?? '', env)
  const file = /^(?:file:(.+)|\$\{file:([^}]+)\})$/.exec(raw)
  return file === null ? undefined : fromFile(file[1] ?? file[2] ?? '')
}

function fromVariable(name: string, env: Environment): SecretOutcome {
  const value = Object.hasOwn(env, name) ? env[name] : undefined
  if (value === undefined || value === '') {
    return { code: 'undefined_variable', message: `the variable ${name} of a secret is not set` }
  }
  return { secret: new Secret(value) }
}

function fromFile(file: string): SecretOutcome {
  if (!path.isAbsolute(file)) return refuse('the file of a secret needs an absolute path')
  try {
    const real = realpathSync(file)
    if (!`${real}/`.startsWith(`${realpathSync(path.dirname(file))}/`)) return refuse(`${file} leads out of its folder`)
    const stats = lstatSync(real)
    if (!stats.isFile()) return refuse(`${file} is not a file`)
    const why = openTo(stats)
    if (why !== undefined) return refuse(`${file} ${why}`)
    if (stats.size > maxBytes) return refuse(`${file} is larger than 64 KiB`)
    const text = readFileSync(real, 'utf8').replace(/\n$/, '')
    return text === '' ? refuse(`${file} is empty`) : { secret: new Secret(text) }
  } catch (error) {
    return refuse(
      `${file} cannot be read: ${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'}`,
    )
  }
}

/** Why others may read or own a file; undefined if they may not. On Windows there are no modes to ask. */
function openTo(stats: Stats): string | undefined {
  const own = process.getuid?.()
  if (own === undefined) return undefined
  if (stats.uid !== own && stats.uid !== 0) return 'belongs to another user'
  const mode = stats.mode & 0o777
  const allowed = stats.uid === 0 ? 0o640 : 0o600
  return (mode & ~allowed) === 0 ? undefined : `may be read by others (mode ${mode.toString(8)}): chmod 600`
}

function refuse(message: string): SecretOutcome {
  return { code: 'secret_file', message }
}
