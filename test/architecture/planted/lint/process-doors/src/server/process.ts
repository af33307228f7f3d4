export function wrong(): void {
  process.exitCode = 1 // planted: logpipe(process-doors) process.exitCode is for cli only
  if (process.argv.length > 2) process.exit(1) // planted: logpipe(process-doors) process.argv is for cli only; logpipe(process-doors) process.exit is for cli only
  delete process.env['HOME'] // planted: logpipe(process-doors) process.env is for cli and config only
}
