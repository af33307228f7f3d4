import { LogpipeError } from '../core/error.ts'

/** The definition of a type that config has checked. */
export function known<Definition extends { readonly type: string }>(
  definitions: readonly Definition[],
  type: string,
): Definition {
  const definition = definitions.find((one) => one.type === type)
  if (definition === undefined) throw new LogpipeError('LP_CONFIG_INVALID', `building ${type}: there is no such type`)
  return definition
}
