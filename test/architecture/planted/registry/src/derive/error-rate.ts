export const errorRate = defineDerive({ type: 'error_rate' })
