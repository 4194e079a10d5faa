import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { authlib, pythonRequests, requireProgram } from './programs.ts'

/** The one that Debian's packages are for, whatever another one the PATH names. */
const PYTHON = '/usr/bin/python3'

/** A program in Python that says and is told a line of JSON at a time. */
export interface Conversation {
  /** What it says next; throws what it wrote beside where it has ended. */
  hear(): Promise<Record<string, unknown>>
  tell(line: unknown): void
  end(): Promise<void>
}

/** Runs a script with Debian's own Python, Authlib and Requests. */
export function converse(script: URL): Conversation {
  for (const program of [authlib, pythonRequests]) requireProgram(program)
  const child = spawn(PYTHON, ['-I', script.pathname], { stdio: 'pipe' })
  const closed = once(child, 'close')
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-8192)
  })
  child.stdin.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async hear() {
      const { value, done } = await lines.next()
      if (done) throw new Error(`it ended: ${errors}`)
      return JSON.parse(value)
    },
    tell: (line) => void child.stdin.write(`${JSON.stringify(line)}\n`),
    async end() {
      child.stdin.end()
      await closed
    },
  }
}
