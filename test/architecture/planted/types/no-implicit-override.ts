class Failure extends Error {
  describe(): string {
    return this.message
  }
}

export class Refusal extends Failure {
  // planted-next: TS4114
  describe(): string {
    return 'refused'
  }
}
