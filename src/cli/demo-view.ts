import { isoText } from '../core/time-text.ts'
import type { DemoFrame, DemoTotals, Transition } from './demo-figures.ts'
import type { Output } from './output.ts'
import { escapeText, fit, type Paint, type Style } from './terminal-text.ts'

/** How far the story is. */
export interface StoryPosition {
  /** Event time that rules have seen, epoch ms; -Infinity before the first. */
  readonly watermarkMs: number
  /** 0 to 1. */
  readonly share: number
}

export interface Screen {
  readonly columns: number
  readonly rows: number
  readonly paint: Paint
}

/** Shares that matter: from here on a figure is coloured. */
const [errorLimit, slowLimit] = [0.05, 0.2]
const blocks = '▁▂▃▄▅▆▇█'
const sparkWidth = 12

/** The whole picture, in place of the one before on a terminal. */
export class DemoScreen {
  readonly #output: Output
  readonly #screen: () => Screen
  #height = 0

  /** `screen` is asked for each picture: a window may change its size. */
  constructor(output: Output, screen: () => Screen) {
    this.#output = output
    this.#screen = screen
  }

  async show(frame: DemoFrame, position: StoryPosition): Promise<void> {
    const lines = demoPicture(frame, position, this.#screen())
    const up = this.#height === 0 ? '' : `\u001b[${this.#height}A\r`
    this.#height = lines.length
    await this.#output.bytes(Buffer.from(`${up}${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`))
  }
}

/** Lines of the picture, none wider or more than the screen. */
export function demoPicture(frame: DemoFrame, position: StoryPosition, screen: Screen): string[] {
  const { columns, paint } = screen
  const rows: Piece[][] = [
    [
      ['bold', 'logpipe demo  '],
      [undefined, `${clockText(position.watermarkMs)}  ${bar(position.share, 20)}  `],
      [undefined, `${Math.round(frame.perSecond)} events/s`],
    ],
    [],
    [['dim', `${fit('SERVICE', 14)}${fit('events/s', 10)}${fit('errors', 9 + sparkWidth)}slower than 0.5 s`]],
  ]
  for (const service of frame.services) {
    rows.push([
      ['cyan', fit(escapeText(service.name), 14)],
      [undefined, fit(String(Math.round(service.perSecond)), 10)],
      [service.errorShare > errorLimit ? 'red' : undefined, shareText(service.errorShare, service.errorHistory)],
      [service.slowShare > slowLimit ? 'yellow' : undefined, shareText(service.slowShare, service.slowHistory)],
    ])
  }
  rows.push([], [['dim', frame.alerts.length === 0 ? 'no alerts yet' : 'ALERTS']])
  const room = Math.max(3, screen.rows - rows.length - 2)
  for (const alert of frame.alerts.slice(0, room)) rows.push(alertPieces(alert))
  return rows.map((pieces) => painted(pieces, columns - 1, paint))
}

/** One line for each change of an alert and for each interval: for pipes and logs. */
export function demoLines(changes: readonly Transition[], frame: DemoFrame, position: StoryPosition): string[] {
  const worst = frame.services.reduce((most, service) => Math.max(most, service.errorShare), 0)
  const slowest = frame.services.reduce((most, service) => Math.max(most, service.slowShare), 0)
  const figures = `${Math.round(frame.perSecond)} events/s, errors up to ${percent(worst)}, slow up to ${percent(slowest)}`
  return [...changes.map(plainAlert), `${clockText(position.watermarkMs)} ${figures}`]
}

function plainAlert(alert: Transition): string {
  return alertPieces(alert)
    .map(([, text]) => text)
    .join('')
    .trimEnd()
}

/** What to say at the end. */
export function summaryText({ lines, events, dropped, dead, fired, resolved }: DemoTotals): string {
  return (
    `${lines} lines: ${events} events, ${dropped} dropped, ${dead} dead letters. ` +
    `Alerts: ${fired} fired, ${resolved} resolved.`
  )
}

type Piece = readonly [style: Style | undefined, text: string]

function alertPieces({ kind, rule, labels, annotations, t }: Transition): Piece[] {
  const isFiring = kind === 'firing'
  const subject = annotations['summary'] ?? labels['service_name'] ?? ''
  return [
    [isFiring ? 'red' : 'green', `${isFiring ? '●' : '○'} ${clockText(t)} ${fit(kind.toUpperCase(), 9)}`],
    [undefined, fit(escapeText(labels['severity'] ?? ''), 9)],
    ['bold', `${escapeText(rule)}  `],
    [undefined, escapeText(subject)],
  ]
}

function painted(pieces: readonly Piece[], columns: number, paint: Paint): string {
  let left = columns
  let line = ''
  for (const [style, text] of pieces) {
    const cut = text.length <= left ? text : fit(text, Math.max(1, left))
    line += style === undefined ? cut : paint(style, cut)
    left -= cut.length
    if (left <= 0) break
  }
  return line
}

function shareText(share: number, history: readonly number[]): string {
  const recent = history.slice(-sparkWidth)
  const spark = recent.map((value) => blocks[Math.min(7, Math.round(value * 14))]).join('')
  return `${percent(share).padStart(6)} ${spark.padEnd(sparkWidth)}  `
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`
}

function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width)
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}] ${Math.floor(share * 100)}%`
}

/** Time of day of the story. */
function clockText(ms: number): string {
  return Number.isFinite(ms) ? isoText(ms).slice(11, 19) : '--:--:--'
}
