export const limit: { readonly bytes?: number } = { bytes: undefined } // planted: TS2375
