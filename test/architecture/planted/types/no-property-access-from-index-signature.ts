export function home(env: Readonly<Record<string, string>>): string | undefined {
  return env.HOME // planted: TS4111
}
