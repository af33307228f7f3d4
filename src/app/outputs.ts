import type { Project } from '../config/project.ts'
import type { SinkPorts } from '../core/component.ts'
import type { Output, UnitLog } from '../core/unit.ts'
import { sinks } from '../registry.ts'
import { known } from './known.ts'

type Write = (documents: readonly string[]) => Promise<void>

/**
 * A log that also hands documents to the `outputs:` of a project, each time before they are committed: after a crash they
 * may come again, and none is left out.
 */
export function withOutputs(log: UnitLog, { outputs }: Project, ports: SinkPorts): UnitLog {
  const writers = (['metrics', 'alerts'] as const).flatMap((kind) =>
    outputs[kind].map(({ type, config }): { stage: Output['stage']; write: Write | undefined } => {
      return {
        stage: kind === 'metrics' ? 'metric' : 'alert',
        write: known(sinks, type).documents?.build(config, ports),
      }
    }),
  )
  if (writers.length === 0) return log
  return {
    claim: (unit) => log.claim(unit),
    decide: (claim, decision) => log.decide(claim, decision),
    resolve: (claim) => log.resolve(claim),
    units: () => log.units(),
    changes: (claim, after) => log.changes(claim, after),
    frames: (claim, after) => log.frames(claim, after),
    async commit(parts) {
      const all = parts.flatMap(({ commit }) => commit.outputs)
      for (const { stage, write } of writers) {
        const documents = all.filter((output) => output.stage === stage).map(({ value }) => value)
        if (documents.length > 0) await write?.(documents)
      }
      return await log.commit(parts)
    },
  }
}
