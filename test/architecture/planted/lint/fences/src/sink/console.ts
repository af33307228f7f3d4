import { Client } from '@elastic/elasticsearch' // planted: logpipe(rooms) @elastic/elasticsearch is fenced

export const taken = Client
