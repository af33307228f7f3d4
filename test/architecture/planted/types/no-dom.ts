export const title = document.title // planted: TS2584
