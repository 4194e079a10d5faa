import { renameSync, writeFileSync } from 'node:fs'

// Loaded before the program by whoever wants to know what it holds: on SIGUSR2 it collects garbage and writes into its
// folder what is left.
// Started with --expose-gc. Plain JavaScript, for it stands outside of what is built.
process.on('SIGUSR2', () => {
  globalThis.gc?.()
  globalThis.gc?.()
  writeFileSync('memory.json.new', JSON.stringify(process.memoryUsage()))
  renameSync('memory.json.new', 'memory.json')
})
