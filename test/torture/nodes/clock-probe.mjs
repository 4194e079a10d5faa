import { readFileSync, rmSync } from 'node:fs'

// Loaded before the program by whoever wants to set its wall clock: on SIGWINCH it takes the offset out of its folder, in
// milliseconds, and removes the file when the clock is set. The monotonic clock goes on as it is, as when a person or a
// time server sets a clock.
// Plain JavaScript, for it stands outside of what is built.
const now = Date.now
let offset = 0
globalThis.Date = new Proxy(Date, {
  construct: (real, given, target) =>
    Reflect.construct(real, given.length === 0 ? [now() + offset] : given, target),
  get: (real, name, receiver) => (name === 'now' ? () => now() + offset : Reflect.get(real, name, receiver)),
})
process.on('SIGWINCH', () => {
  offset = Number(readFileSync('clock-offset', 'utf8'))
  rmSync('clock-offset')
})
