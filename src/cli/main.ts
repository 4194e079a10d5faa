#!/usr/bin/env node
import { CommanderError } from 'commander'
import { printable } from '../base/printable.ts'
import { keepCompiled } from './compile-cache.ts'
import { explainFailure } from './failure.ts'
import { resolveLean } from './module-resolution.ts'
import { NoVerdict } from './no-verdict.ts'
import { oldNode } from './old-node.ts'
import { createProgram } from './program.ts'

// Whoever reads our output may stop early: `countersign events | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A terminal that was closed: a server that finishes its answers meanwhile is to go on with that.
  if (error.code === 'EIO') return
  if (error.code === 'EPIPE') process.exit()
  // A disk that is full, where the output goes to a file.
  process.stderr.write(`The output cannot be written: ${error.message}\n`)
  process.exit(1)
})

// Before the rest is loaded, which is most of us.
keepCompiled()
resolveLean()
createProgram().parseAsync().catch(leave)

function leave(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2
    return
  }
  process.stderr.write(`${inLines(oldNode() ?? explainFailure(error))}\n`)
  process.exitCode = error instanceof NoVerdict ? 2 : 1
}

/** A failure may quote what a database or another server said. */
function inLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
