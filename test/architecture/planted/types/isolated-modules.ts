export declare const enum Level {
  Low,
}

export const low = Level.Low // planted: TS2748
