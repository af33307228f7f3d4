export class Settings {
  constructor(readonly limit: number) {} // planted: TS1294
}
