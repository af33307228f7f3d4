import type { Command } from 'commander'
import type { Invocation } from './invocation.ts'

/** Gives a command its arguments, flags and action. Whatever is heavy is loaded by the action. */
export type Define = (command: Command, invocation: Invocation) => void

export interface CommandEntry {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** Loads the file of the command. */
  readonly load: () => Promise<Define>
}

/** All commands, in the order of the help: first what runs, then what reads, then what checks. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'demo',
    summary: 'Play a seeded incident through the real pipeline.',
    load: async () => (await import('./demo.ts')).defineDemo,
  },
  {
    name: 'serve',
    summary: 'Read files, standard input and HTTP without any configuration.',
    load: async () => (await import('./serve.ts')).defineServe,
  },
  {
    name: 'run',
    summary: 'Run the pipelines of a project.',
    load: async () => (await import('./run.ts')).defineRun,
  },
  {
    name: 'parse',
    summary: 'Turn log lines into JSON events, one per line.',
    load: async () => (await import('./parse.ts')).defineParse,
  },
  {
    name: 'formats',
    summary: 'List the formats that are recognised.',
    load: async () => (await import('./formats.ts')).defineFormats,
  },
  {
    name: 'tail',
    summary: 'Show log lines parsed and coloured, as they come.',
    load: async () => (await import('./tail.ts')).defineTail,
  },
  {
    name: 'query',
    summary: 'Search the stored events.',
    load: async () => (await import('./query.ts')).defineQuery,
  },
  {
    name: 'tap',
    summary: 'Look into a running instance: samples of what flows.',
    load: async () => (await import('./tap.ts')).defineTap,
  },
  {
    name: 'replay',
    summary: 'Do a past run again, whole or in part, without telling anybody.',
    load: async () => (await import('./replay.ts')).defineReplay,
  },
  {
    name: 'dlq',
    summary: 'Work with dead letters: records that could not become events.',
    load: async () => (await import('./dlq.ts')).defineDlq,
  },
  {
    name: 'validate',
    summary: 'Check the configuration; every finding at once.',
    load: async () => (await import('./validate.ts')).defineValidate,
  },
  {
    name: 'test',
    summary: 'Run the tests: blocks of pipelines and rules.',
    load: async () => (await import('./test.ts')).defineTest,
  },
  {
    name: 'config',
    summary: 'Show the configuration that is in force.',
    load: async () => (await import('./config.ts')).defineConfig,
  },
  {
    name: 'schema',
    summary: 'Print the JSON Schema of configuration files.',
    load: async () => (await import('./schema.ts')).defineSchema,
  },
  {
    name: 'init',
    summary: 'Write a small project to start from.',
    load: async () => (await import('./init.ts')).defineInit,
  },
  {
    name: 'health',
    summary: 'Ask a running instance whether it is ready.',
    load: async () => (await import('./health.ts')).defineHealth,
  },
  {
    name: 'version',
    summary: 'Print the version.',
    load: async () => (await import('./version.ts')).defineVersion,
  },
]
