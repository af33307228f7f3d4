export default 1 // planted: import(no-default-export)
