import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { compiled } from '../load/compiled.ts'

/** Accounts that are there in every target, and their password. */
export const ACCOUNTS = 50
export const PASSWORD = 'correct horse battery'
export const emailOf = (number: number): string => `person${number}@example.com`

/** How a target is asked; printed by its server on one line. */
export interface Served {
  readonly port: number
  /** Where passwords are sent, and in which form. */
  readonly signIn: {
    readonly path: string
    readonly type: 'form' | 'json'
    readonly login: string
    readonly headers?: Readonly<Record<string, string>>
  }
  /** A route that is checked, and what lets in. */
  readonly checked: { readonly path: string; readonly headers: Readonly<Record<string, string>> }
}

export interface Target extends Served {
  readonly pid: number
  stop(): Promise<void>
}

/** Debian's own, where its packages are. */
export const PYTHON = '/usr/bin/python3'
const PROGRAMS = {
  countersign: new URL('./countersign-server.ts', import.meta.url),
  'better-auth': new URL('../peers/better-auth.ts', import.meta.url),
  fastapi: new URL('../peers/fastapi_login.py', import.meta.url),
} as const

export type TargetName = keyof typeof PROGRAMS

/** Starts a server in a process of its own. `BENCH_VERBOSE` shows what it says. */
export async function startTarget(name: TargetName, folder: string): Promise<Target> {
  const isPython = name === 'fastapi'
  const program = isPython ? PYTHON : process.execPath
  const script = isPython ? fileURLToPath(PROGRAMS[name]) : await compiled(PROGRAMS[name])
  const child: ChildProcess = spawn(program, [script, String(ACCOUNTS), PASSWORD], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', process.env.BENCH_VERBOSE ? 'inherit' : 'ignore'],
  })
  if (child.stdout === null || child.pid === undefined) throw new Error(`${name} does not start`)
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${name} ended by itself`)))
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
  ended.catch(() => undefined)
  return {
    ...(JSON.parse(line) as Served),
    pid: child.pid,
    async stop() {
      if (child.exitCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'close')
    },
  }
}
