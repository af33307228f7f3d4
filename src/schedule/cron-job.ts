import { schedule } from 'node-cron'

export interface CronJob {
  /** No run begins after this; resolves when the one under way has ended. Harmless twice. */
  stop(): Promise<void>
}

export interface CronJobSettings {
  readonly name: string
  /** Five fields, UTC. */
  readonly expression: string
  /** Never runs twice at once: a run that is due while the last one goes on is left out. */
  readonly run: () => Promise<void>
  readonly failed: (error: unknown) => void
}

/** Runs a job by the wall clock. What it does comes in as a value. */
export function startCronJob({ name, expression, run, failed }: CronJobSettings): CronJob {
  let current = Promise.resolve()
  const task = schedule(
    expression,
    () => {
      current = run().catch(failed)
      return current
    },
    { name, timezone: 'UTC', noOverlap: true },
  )
  return {
    async stop() {
      await task.destroy()
      await current
    },
  }
}
