import type { MetricUnit } from '../core/component.ts'
import { formatBytes, formatDuration, formatQuantity } from '../core/quantity-text.ts'

/** What an annotation may name. */
export interface TemplateValues {
  /** In base units; NaN: none. */
  readonly value: number
  readonly threshold: number
  readonly windowMs: number
  readonly unit: MetricUnit
  readonly labels: Readonly<Record<string, string>>
}

export interface Template {
  render(values: TemplateValues): string
}

export type CompiledTemplate =
  | { readonly template: Template; readonly fault?: undefined }
  | { readonly template?: undefined; readonly fault: string; readonly offset: number }

type Filter = (value: number) => string
type Part = (values: TemplateValues) => string

const filters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['percent', (value) => `${Number((value * 100).toPrecision(3))} %`],
  ['duration', (value) => formatQuantity(value, 'ns')],
  ['bytes', formatBytes],
])

/** Text with `{{ value }}`, `{{ threshold }}`, `{{ window }}` and `{{ labels.x }}`: paths and filters, no code. */
export function compileTemplate(text: string): CompiledTemplate {
  const parts: Part[] = []
  let at = 0
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', at)) {
    const close = text.indexOf('}}', open)
    if (close < 0) return { fault: 'this {{ is not closed', offset: open }
    const before = text.slice(at, open)
    const part = partOf(text.slice(open + 2, close).trim())
    if (typeof part === 'string') return { fault: part, offset: open }
    parts.push(() => before, part)
    at = close + 2
  }
  const rest = text.slice(at)
  return { template: { render: (values) => parts.map((part) => part(values)).join('') + rest } }
}

/** One expression; a text is what is wrong with it. */
function partOf(expression: string): Part | string {
  const [path = '', filterText, more] = expression.split('|').map((word) => word.trim())
  if (more !== undefined) return 'one filter at most may follow'
  const label = /^labels\.([a-zA-Z_][a-zA-Z0-9_]*)$/.exec(path)?.[1]
  if (label !== undefined) {
    return filterText === undefined
      ? ({ labels }) => (Object.hasOwn(labels, label) ? (labels[label] ?? '') : '')
      : 'a label takes no filter'
  }
  if (path === 'window')
    return filterText === undefined ? ({ windowMs }) => formatDuration(windowMs) : 'window takes no filter'
  if (path !== 'value' && path !== 'threshold')
    return `${path || 'this'} is not value, threshold, window or labels.NAME`
  const filter = filterText === undefined ? undefined : filterOf(filterText)
  if (typeof filter === 'string') return filter
  return (values) => {
    const value = values[path]
    if (Number.isNaN(value)) return '-'
    return filter === undefined ? formatQuantity(value, values.unit) : filter(value)
  }
}

function filterOf(text: string): Filter | string {
  const digits = /^round\((\d{1,2})\)$/.exec(text)?.[1]
  if (digits !== undefined) return (value) => value.toFixed(Number(digits))
  return filters.get(text) ?? `${text} is not percent, duration, bytes or round(n)`
}
