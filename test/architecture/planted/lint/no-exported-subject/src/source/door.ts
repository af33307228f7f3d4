import { BehaviorSubject, Subject } from 'rxjs'

export const door = new Subject<number>() // planted: logpipe(no-exported-subject)

// planted-next: logpipe(no-exported-subject)
export function open(): BehaviorSubject<number> {
  return new BehaviorSubject(1)
}
