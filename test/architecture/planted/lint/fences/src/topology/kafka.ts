import { Consumer } from '@platformatic/kafka' // planted: logpipe(rooms) @platformatic/kafka is fenced

export const taken = Consumer
