import { Kafka } from 'kafkajs' // planted: logpipe(rooms) kafkajs is fenced

export const taken = Kafka
