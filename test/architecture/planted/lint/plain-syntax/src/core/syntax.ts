// planted-next: logpipe(plain-syntax) no enums
export enum Level {
  Low,
}

// planted-next: logpipe(plain-syntax) no namespaces
export namespace Levels {
  export const low = 1
}

function sealed(target: unknown): void {
  Object.seal(target)
}

// planted-next: logpipe(plain-syntax) no decorators
@sealed
export class Sealed {}
