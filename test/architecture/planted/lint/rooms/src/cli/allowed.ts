// Nothing is planted here: what the table allows must pass.
import type { App } from '../app/start.ts'
import type { Config } from '../config/load.ts'
import type { Events } from './events.ts'

export type Taken = [App, Config, Events]
