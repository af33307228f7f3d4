import { Secret } from '../core/config-field.ts'
import { hashId } from '../core/id.ts'

/** Hash of config values, 22 characters: equal for equal meaning, whatever order and units it was written in. */
export function configHash(value: unknown): string {
  return hashId([canonical(value)])
}

/** JSON with sorted keys; secrets and absent values are left out, so a rotated secret changes nothing. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const parts: string[] = []
  for (const [key, inner] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (inner !== undefined && !(inner instanceof Secret)) parts.push(`${JSON.stringify(key)}:${canonical(inner)}`)
  }
  return `{${parts.join(',')}}`
}

/** Freezes plain maps and lists to the bottom. */
export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}
