import { inlineMore } from '../src/app/inlining.ts'

/** One way of doing a piece of work. `prepare` is not measured; the function it yields returns how many events it handled. */
export interface BenchCase {
  readonly name: string
  prepare(): Promise<() => Promise<number>>
}

/** Cases that do the same work; the first is ours, and the ratios of the others are against it. */
export interface Bench {
  readonly name: string
  readonly about: string
  readonly cases: readonly BenchCase[]
}

/** What a child process tells of one measured run. */
export interface Sample {
  readonly events: number
  readonly cpuMs: number
  readonly wallMs: number
  readonly peakMb: number
}

/** Runs a case once to warm up and once measured, in this process, which is set up as that of a command. */
export async function measure(one: BenchCase): Promise<Sample> {
  inlineMore()
  const work = await one.prepare()
  await work()
  globalThis.gc?.()
  const startMs = performance.now()
  const cpu = process.cpuUsage()
  const events = await work()
  const used = process.cpuUsage(cpu)
  const wallMs = performance.now() - startMs
  return { events, cpuMs: (used.user + used.system) / 1000, wallMs, peakMb: process.resourceUsage().maxRSS / 1024 }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

/** One line of the table: CPU ns per event as median and spread, thousand events per CPU second, peak memory, ratio. */
export function row(name: string, samples: readonly Sample[], ours: readonly Sample[]): string {
  const ns = samples.map((sample) => (sample.cpuMs * 1e6) / sample.events)
  const ratio = median(samples.map((sample, i) => (sample.cpuMs / sample.events / ours[i]!.cpuMs) * ours[i]!.events))
  const cells = [
    name,
    String(samples[0]!.events),
    median(ns).toFixed(0),
    `${Math.min(...ns).toFixed(0)}–${Math.max(...ns).toFixed(0)}`,
    (1e6 / median(ns)).toFixed(0),
    median(samples.map((sample) => sample.wallMs / 1000)).toFixed(2),
    Math.max(...samples.map((sample) => sample.peakMb)).toFixed(0),
    ratio.toFixed(2),
  ]
  return `| ${cells.join(' | ')} |`
}

export const header = [
  '| case | events | CPU ns/event (median) | spread | thousand events/CPU s | wall s | peak MB | × CPU of ours |',
  '| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |',
]
