import type { MetricUnit } from './component.ts'

/** Numbers with units as people write them in config, rules, tests and flags. */

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** `500ms`, `1h30m`, `0` to ms; undefined if the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^(\d+(\.\d+)?(ms|[smhdw]))+$/.test(text)) return undefined
  let ms = 0
  for (const match of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) ms += Number(match[1]) * durationUnits[match[2]!]!
  return Math.round(ms)
}

const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

/** `256B`, `64KiB`, `10MB`, `0` to bytes; undefined if the text is no size. */
export function parseSize(text: string): number | undefined {
  if (text === '0') return 0
  const match = /^(\d+(?:\.\d+)?)([KMGT]i?B|B)$/.exec(text)
  return match === null ? undefined : Math.round(Number(match[1]) * sizeUnits[match[2]!]!)
}

/** `5%` or `0.05` to 0..1; undefined if the text is no share. */
export function parseShare(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text)
  if (match === null) return undefined
  const value = match[2] === '%' ? Number((Number(match[1]) / 100).toPrecision(15)) : Number(match[1])
  return value <= 1 ? value : undefined
}

/** `20/s`, `3/m`, `2/30d` to events per second; undefined if the text is no rate. */
export function parseRate(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\/(\d*)(ms|[smhdw])$/.exec(text)
  if (match === null) return undefined
  return (Number(match[1]) * 1000) / (Number(match[2] || '1') * durationUnits[match[3]!]!)
}

/** A value as a person would write it: `11.5%`, `1.2s`, `5MB`, `20/s`. */
export function formatQuantity(value: number, unit: MetricUnit): string {
  switch (unit) {
    case 'share':
      return `${rounded(value * 100)}%`
    case 'ns':
      return formatNs(value)
    case 'bytes':
      return formatBytes(value)
    case 'per_second':
      return `${rounded(value)}/s`
    case 'count':
    case 'number':
      return String(rounded(value))
  }
}

/** Three significant digits, whole numbers as they are. */
function rounded(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3))
}

function formatNs(ns: number): string {
  if (ns < 1e3) return `${rounded(ns)}ns`
  if (ns < 1e6) return `${rounded(ns / 1e3)}us`
  if (ns < 1e9) return `${rounded(ns / 1e6)}ms`
  if (ns < 60e9) return `${rounded(ns / 1e9)}s`
  return formatDuration(ns / 1e6)
}

/** `6m0s`, `1h2m`, `2d3h`: the two largest units; below a minute `12.3s`, below a second `500ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 60_000) return `${rounded(ms / 1000)}s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m`
  return `${Math.floor(seconds / 86_400)}d${Math.floor((seconds % 86_400) / 3600)}h`
}

/** Powers of 1,024: `1.5MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${rounded(value)}${units[unit]}`
}
