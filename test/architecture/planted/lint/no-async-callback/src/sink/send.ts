import { map, tap } from 'rxjs'

async function send(n: number): Promise<number> {
  return n
}

export const wrong = [
  map(async (n: number) => send(n)), // planted: logpipe(no-async-callback) no async function is handed to map
  // planted-next: logpipe(no-async-callback) no async function is handed to tap
  tap({ next: async (n: number) => void (await send(n)) }), // planted: typescript(no-misused-promises) expected
]

export async function allowed(numbers: readonly number[]): Promise<number[]> {
  return Promise.all(numbers.map(async (n) => send(n)))
}
