export const taken = 1 // planted: logpipe(rooms) src/engine is no room
