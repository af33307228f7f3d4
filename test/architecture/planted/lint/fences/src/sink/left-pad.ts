import pad from 'left-pad' // planted: logpipe(rooms) left-pad has no fence

export const taken = pad
