import { Transform } from 'node:stream'

class Sink {}
export class StoreSink extends Sink {} // planted: logpipe(no-inheritance)

export class Failed extends Error {}
export class Lines extends Transform {}
