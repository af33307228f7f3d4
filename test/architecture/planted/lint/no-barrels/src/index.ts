export { createApp } from './app/start.ts'
export { check } from './config/check.ts'
