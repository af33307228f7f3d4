export const escaped = RegExp.escape('a.b') // planted: TS2550
