export const taken = 1 // planted: logpipe(rooms) src/engine.ts is no room
