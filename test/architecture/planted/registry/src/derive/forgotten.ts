export const forgotten = defineDerive({ type: 'forgotten' })
