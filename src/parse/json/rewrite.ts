import { eventFlag } from '../../core/event-flag.ts'
import type { EventWriter } from '../../core/event-writer.ts'
import { LosslessReader, RawJson, type LosslessObject, type LosslessValue } from './lossless.ts'
import { plainKey } from './rewrite-key.ts'
import type { TokenLimits } from './tokens.ts'

export interface ObjectLimits extends TokenLimits {
  readonly maxKeySize: number
}

/** Field of what does not fit the limits. */
const overflowField = 'overflow'

/**
 * The object path: reads an object that the byte path cannot take as it stands, brings it into its limits
 * (`docs/bad-input.md` sections 2 and 4), and writes it again as flat JSON with dotted keys, of which every value
 * can be taken.
 */
export class ObjectRewrite {
  readonly #limits: ObjectLimits
  readonly #reader: LosslessReader
  #flags = 0
  #overflow: string[] = []

  constructor(limits: ObjectLimits) {
    this.#limits = limits
    this.#reader = new LosslessReader(limits)
  }

  /** Appends the object at `start`, which is proved, to the scratch buffer; returns where it begins. Adds the flags. */
  write(bytes: Uint8Array, start: number, end: number, out: EventWriter): number {
    const object = this.#reader.object(bytes, start, end)
    this.#flags = this.#reader.flags
    this.#overflow = []
    const leaves = new Map<string, LosslessValue>()
    this.#flatten(object, '', leaves)
    const surplus: string[] = []
    const parts: string[] = []
    for (const [path, value] of leaves) {
      const text = `${JSON.stringify(path)}:${this.#json(value, path)}`
      if (parts.length < this.#limits.maxFields) parts.push(text)
      else surplus.push(text)
    }
    if (surplus.length > 0) this.#overflow.push(`{${surplus.join(',')}}`)
    if (this.#overflow.length > 0) {
      this.#flags |= eventFlag.field_overflow
      parts.push(`${JSON.stringify(overflowField)}:${JSON.stringify(this.#overflow.join('\n'))}`)
    }
    out.addFlags(this.#flags)
    return out.scratchText(`{${parts.join(',')}}`)
  }

  /** Fills `leaves` with the values that are present, by their dotted names. */
  #flatten(object: LosslessObject, prefix: string, leaves: Map<string, LosslessValue>): void {
    for (const [name, value] of this.#named(object)) {
      const path = prefix + name
      if (value instanceof Map) {
        this.#flatten(value, `${path}.`, leaves)
        continue
      }
      if (leaves.has(path)) {
        this.#flags |= eventFlag.dup_key
        leaves.delete(path)
      }
      if (!isAbsent(value)) leaves.set(path, value)
    }
  }

  /** Keys as names that can be fields; two that become the same get a number. */
  #named(object: LosslessObject): [name: string, value: LosslessValue][] {
    const taken = new Set<string>()
    const entries: [string, LosslessValue][] = []
    for (const [key, value] of object) {
      const plain = plainKey(key, this.#limits.maxKeySize)
      let name = plain
      for (let n = 2; taken.has(name) || (name !== key && object.has(name)); n++) name = `${plain}_${n}`
      if (name !== key) this.#flags |= eventFlag.key_renamed
      taken.add(name)
      entries.push([name, value])
    }
    return entries
  }

  #json(value: LosslessValue, path: string): string {
    if (value instanceof RawJson) return value.text
    if (typeof value === 'string') return JSON.stringify(value)
    if (value instanceof Map) {
      const present = this.#named(value).filter(([, item]) => item !== undefined)
      return `{${present.map(([name, item]) => `${JSON.stringify(name)}:${this.#json(item, `${path}.${name}`)}`).join(',')}}`
    }
    const present = value?.filter((item) => item !== undefined) ?? []
    const { maxArrayItems } = this.#limits
    if (present.length > maxArrayItems) this.#overflow.push(`${path}: ${present.length - maxArrayItems} more items`)
    return `[${present
      .slice(0, maxArrayItems)
      .map((item) => this.#json(item, path))
      .join(',')}]`
  }
}

function isAbsent(value: LosslessValue): boolean {
  if (typeof value === 'string') return value === '' || value === '-' || value === '(null)'
  return value === undefined || (Array.isArray(value) && value.every((item) => item === undefined))
}
