import process from 'node:process'
import type { Command } from 'commander'
import type { Invocation } from './invocation.ts'
import { readVersion } from './version-text.ts'

export function defineVersion(command: Command, { output, flags }: Invocation): void {
  command.action(async () => {
    const build = { version: readVersion(), node: process.version, platform: `${process.platform}-${process.arch}` }
    if (flags.json === true || flags.jsonLines === true) await output.document('version', build)
    else await output.line(`logpipe ${build.version} (node ${build.node}, ${build.platform})`)
  })
}
