import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findFreePort } from './free-port.ts'
import { killTree, signalTree } from './process-tree.ts'
import { type Watch, watchOver } from './watch.ts'

const READY_SECONDS = 180
const STOP_SECONDS = 15
const LOG_LIMIT = 64 * 1024
const PORT_TRIES = 5

/** The account a server runs as, where it refuses to run as ours. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/** What is started, once it is known which port is free and which folder is the server's own. */
export interface Command {
  readonly path: string
  readonly args: readonly string[]
  /** Written to its standard input: a configuration with a password, which a command line would show to all. */
  readonly input?: string
}

export interface PrivateServerOptions {
  readonly name: string
  readonly account?: Account | undefined
  /** Makes the folder ready, once. */
  readonly prepare?: (folder: string) => Promise<void>
  /** Undoes that of it which stands in the way of removing the folder. */
  readonly clear?: () => void
  readonly command: (place: { readonly folder: string; readonly port: number }) => Command
  /** What it writes when it takes connections. */
  readonly ready: RegExp
  readonly stopSignal: NodeJS.Signals
}

/** A server of a test's own: its own port on the loopback address, its own folder, gone when the test process is. */
export interface PrivateServer {
  readonly port: number
  readonly folder: string
  /** The process number; undefined while it does not run. */
  pid(): number | undefined
  /** The last part of what it wrote. */
  log(): string
  /** Freezes it with all its processes: connections stay open and nothing answers. */
  pause(): void
  resume(): void
  /** Ends all its processes at once. What reached the disk stays for `start`. */
  kill(): Promise<void>
  /** Ends it by its own word for stopping and starts it again, same folder, same port. */
  restart(): Promise<void>
  /** Starts it after `kill`. */
  start(): Promise<void>
  /** Ends it and removes its folder. May be called twice. */
  stop(): Promise<void>
}

/** Starts a private server and waits until it takes connections. A port that was taken meanwhile is tried anew. */
export async function startPrivateServer(options: PrivateServerOptions): Promise<PrivateServer> {
  const folder = mkdtempSync(join(tmpdir(), `countersign-${options.name}-`))
  const watch = watchOver(folder)
  try {
    if (options.account !== undefined) chownSync(folder, options.account.uid, options.account.gid)
    await options.prepare?.(folder)
    for (let tries = 1; ; tries += 1) {
      const server = createPrivateServer(options, folder, await findFreePort(), watch)
      try {
        await server.start()
        return server
      } catch (error) {
        if (tries === PORT_TRIES || !/address already in use/i.test(server.log())) throw error
      }
    }
  } catch (error) {
    watch.end()
    options.clear?.()
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

function createPrivateServer(
  { name, account, command, clear, ready, stopSignal }: PrivateServerOptions,
  folder: string,
  port: number,
  watch: Watch,
): PrivateServer {
  let child: ChildProcess | undefined
  let log = ''
  let stopped = false
  let cleared = false

  const alive = () => (child?.exitCode === null && child.signalCode === null ? child : undefined)
  const signal = (kind: NodeJS.Signals) => {
    const pid = alive()?.pid
    if (pid === undefined) throw new Error(`${name} does not run`)
    signalTree(pid, kind)
  }

  async function start(): Promise<void> {
    if (stopped) throw new Error(`${name} was stopped, and its folder is gone`)
    if (alive() !== undefined) return
    const { path, args, input = '' } = command({ folder, port })
    const started = spawn(path, args, { ...account, cwd: folder, detached: true, stdio: 'pipe' })
    child = started
    watch.over(started.pid)
    started.once('exit', () => watch.over(undefined))
    started.stdin.on('error', () => {})
    started.stdin.end(input)
    try {
      await becomeReady(started, ready, (text) => {
        log = (log + text).slice(-LOG_LIMIT)
      })
    } catch (error) {
      await kill()
      throw new Error(`${name} ${error instanceof Error ? error.message : error}\n${log}`)
    }
  }

  async function kill(): Promise<void> {
    const running = alive()
    if (running?.pid === undefined) return
    const gone = once(running, 'exit')
    running.ref()
    await killTree(running.pid)
    await gone
  }

  async function end(): Promise<void> {
    const running = alive()
    if (running?.pid === undefined) return
    const gone = once(running, 'exit').then(() => true)
    running.ref()
    signalTree(running.pid, 'SIGCONT')
    running.kill(stopSignal)
    if (!(await Promise.race([gone, wait(STOP_SECONDS * 1000, false, { ref: false })]))) await kill()
  }

  return {
    port,
    folder,
    pid: () => alive()?.pid,
    log: () => log,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    kill,
    start,
    async restart() {
      await end()
      await start()
    },
    async stop() {
      stopped = true
      await end()
      watch.end()
      if (!cleared) clear?.()
      cleared = true
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Resolves when the server says it is ready; from then on it does not keep this process alive. */
function becomeReady(child: ChildProcess, ready: RegExp, keep: (text: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen: string | undefined = ''
    const timer = setTimeout(
      () => reject(new Error(`was not ready in ${READY_SECONDS} s`)),
      READY_SECONDS * 1000,
    )
    const read = (text: string) => {
      keep(text)
      if (seen === undefined) return
      seen = (seen + text).slice(-LOG_LIMIT)
      if (!ready.test(seen)) return
      seen = undefined
      clearTimeout(timer)
      child.unref()
      resolve()
    }
    child.stdout?.setEncoding('utf8').on('data', read)
    child.stderr?.setEncoding('utf8').on('data', read)
    child.once('error', (error) => {
      clearTimeout(timer)
      reject(new Error(`could not be started: ${error.message}`))
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      reject(new Error(`ended at its start (${code ?? signal})`))
    })
  })
}
