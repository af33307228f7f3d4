import type { Invocation } from './invocation.ts'

/** Folder of the store: `--data`, else what the configuration says. Throws LP_CONFIG_INVALID. */
export async function dataFolder(data: string | undefined, invocation: Invocation): Promise<string> {
  if (data !== undefined) return data
  const { loadConfig } = await import('../app/project.ts')
  // Only logpipe.yaml counts here: mistakes in pipelines do not keep anybody from searching.
  const { config } = invocation.configFiles
  return invocation.require(loadConfig({ config, files: [] })).installation.store.path
}
