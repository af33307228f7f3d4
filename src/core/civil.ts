/** Length of a day in ms. */
export const dayMs = 86_400_000

/** First and last instant that four-digit years can write, epoch ms: 0000-01-01 and 9999-12-31 23:59:59.999 UTC. */
export const firstMs = -62_167_219_200_000
export const lastMs = 253_402_300_799_999

/**
 * Days since 1970-01-01 of a date in the proleptic Gregorian calendar; the date is not checked. Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
 */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = ((y < 0 ? y - 399 : y) / 400) | 0
  const yearOfEra = y - era * 400
  const dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0) + day - 1
  const dayOfEra = yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** The date of a day since 1970-01-01, packed as `year * 512 + month * 32 + day` (Hinnant, civil_from_days). */
export function civilFromDays(days: number): number {
  const z = (days + 719_468) | 0
  const era = ((z < 0 ? z - 146_096 : z) / 146_097) | 0
  const dayOfEra = z - era * 146_097
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1_460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0))
  const shifted = ((5 * dayOfYear + 2) / 153) | 0
  const day = dayOfYear - (((153 * shifted + 2) / 5) | 0) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return year * 512 + month * 32 + day
}

/** Whether a date exists; years 0000 to 9999. */
export function isCivil(year: number, month: number, day: number): boolean {
  if (year < 0 || year > 9999 || month < 1 || month > 12 || day < 1) return false
  if (month !== 2) return day <= 30 + ((month + (month >> 3)) & 1)
  return day <= (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28)
}
