import { low } from './isolated-modules' // planted: TS2835

export const taken = low
