/** Languages of notices. */
export type Language = 'en' | 'zh-CN'

interface Words {
  readonly firing: string
  readonly resolved: string
  /** How long it lasted. */
  readonly after: (duration: string) => string
}

/** Words of notices; what rules and logs say stays as it is. */
export const words: Readonly<Record<Language, Words>> = {
  en: { firing: 'FIRING', resolved: 'RESOLVED', after: (duration) => ` after ${duration}` },
  'zh-CN': { firing: '告警', resolved: '已恢复', after: (duration) => `，持续 ${duration}` },
}
