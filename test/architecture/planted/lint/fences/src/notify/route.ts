import { createTransport } from 'nodemailer' // planted: logpipe(rooms) nodemailer is fenced

export const taken = createTransport
