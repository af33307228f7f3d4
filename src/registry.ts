import type {
  AlertDefinition,
  ChannelDefinition,
  DeriveDefinition,
  SinkDefinition,
  SourceDefinition,
} from './core/component.ts'
import type { Format } from './parse/format.ts'

/** The one table of components, in flow order. Within `formats` the order is that of detection: specific before general. */
export const sources: readonly SourceDefinition[] = []

export const formats: readonly Format[] = []

export const derives: readonly DeriveDefinition[] = []

export const alerts: readonly AlertDefinition[] = []

export const channels: readonly ChannelDefinition[] = []

export const sinks: readonly SinkDefinition[] = []
