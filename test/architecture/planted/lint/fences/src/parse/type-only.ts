import type { Observable } from 'rxjs' // planted: logpipe(rooms) rxjs is fenced

export type Taken = Observable<import('kafkajs').Kafka> // planted: logpipe(rooms) kafkajs is fenced
