import type { Project } from '../config/project.ts'
import type { Clock } from '../core/clock.ts'
import { LogpipeError } from '../core/error.ts'
import { Dispatcher } from '../notify/dispatcher.ts'
import { channels } from '../registry.ts'
import type { Store } from '../state/store.ts'
import type { Telemetry } from '../telemetry/events.ts'

export interface NotifierOptions {
  readonly store: Store
  readonly telemetry: Telemetry
  readonly clock: Clock
  /** Takes the lines of channels that write to the terminal. */
  readonly write: (line: string) => void
}

/** Sends the committed alerts of a store to the channels of a project. */
export interface Notifier {
  /** Call after each commit. */
  nudge(): void
  /** Call before the store is closed: sends for at most `drainMs`; the rest is sent at the next start. Harmless twice. */
  stop(drainMs: number): Promise<void>
}

/** Starts with what was not yet sent when the process ended last. */
export function startNotifier(project: Project, { store, telemetry, clock, write }: NotifierOptions): Notifier {
  const { language } = project.installation
  const built = project.channels.map(({ name, type, config }) => {
    const definition = channels.find((one) => one.type === type)
    if (definition === undefined)
      throw new LogpipeError('LP_CONFIG_INVALID', `building ${name}: there is no type ${type}`)
    return { name, channel: definition.build(config, { fetch, write, language }) }
  })
  const { log, memory } = store
  const dispatcher = new Dispatcher({
    channels: built,
    feed: log,
    log: {
      settled(channel) {
        const n = memory.get(keyOf(channel))
        return typeof n === 'number' ? n : undefined
      },
      settle: (channel, n) => memory.set(keyOf(channel), n),
    },
    newest: log.newestAlert(),
    clock,
    telemetry,
    random: () => Math.random(),
  })
  dispatcher.nudge()
  return {
    nudge: () => dispatcher.nudge(),
    async stop(drainMs) {
      await dispatcher.stop(drainMs)
      store.flush() // Nothing else may be committed after the last notice.
    },
  }
}

function keyOf(channel: string): string {
  return `notify:${channel}`
}
