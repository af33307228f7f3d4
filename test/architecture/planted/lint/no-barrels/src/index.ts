export { createApp } from './app.ts'
export { check } from './config/check.ts'
