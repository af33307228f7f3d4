// Node 24 has it, the oldest supported Node has not.
export const route = new URLPattern({ pathname: '/alerts' }) // planted: TS2304 URLPattern
