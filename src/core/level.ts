/** Values of `logpipe.level`; 0 is absence. */
export const level = { absent: 0, trace: 1, debug: 2, info: 3, warn: 4, error: 5, fatal: 6 } as const

/** Bit beside a level code: the source said notice, so that the level is info and the severity 10. */
export const noticeBit = 16

/** Words of `logpipe.level`; the index is the code, and the word of absence is empty. */
export const levelNames: readonly string[] = ['', 'trace', 'debug', 'info', 'warn', 'error', 'fatal']

const severities: readonly number[] = [0, 1, 5, 9, 13, 17, 21]

/** Value of `logpipe.severity`, an OpenTelemetry severity number (logs data model, SeverityNumber); 0 is absence. */
export function severityOf(levelCode: number, isNotice: boolean): number {
  return isNotice && levelCode === level.info ? 10 : (severities[levelCode] ?? 0)
}
