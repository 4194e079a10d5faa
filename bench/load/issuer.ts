import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { compiled } from './compiled.ts'
import { openConnection } from './connection.ts'
import { treeCpuSeconds } from './cpu.ts'
import { keepAwake } from './keep-awake.ts'
import type { Prepared } from './prepare-issuer.ts'

/** Connections that ask at once; each has sessions of its own. */
export const CONNECTIONS = 32

const SCRIPTS = {
  countersign: new URL('../issuer-server.ts', import.meta.url),
  'oidc-provider': new URL('../peers/oidc-provider.ts', import.meta.url),
}

/** A server in a process of its own, and what may be asked of it. */
export interface Issuer extends Prepared {
  readonly child: ChildProcess
  readonly port: number
  stop(): Promise<void>
}

/** `BENCH_VERBOSE` shows what it says, `BENCH_CPU_PROFILE=folder` where its time goes. */
export async function startIssuer(
  name: keyof typeof SCRIPTS,
  folder: string,
  databaseUrl = '',
): Promise<Issuer> {
  const profile = process.env.BENCH_CPU_PROFILE
  const options = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const args = name === 'countersign' ? [databaseUrl, String(CONNECTIONS)] : [String(CONNECTIONS)]
  const child = spawn(process.execPath, [...options, await compiled(SCRIPTS[name]), ...args], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', process.env.BENCH_VERBOSE ? 'inherit' : 'ignore'],
  })
  if (child.stdout === null) throw new Error('no output')
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${name} ended by itself`)))
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
  ended.catch(() => undefined)
  return {
    ...JSON.parse(line),
    child,
    async stop() {
      if (child.exitCode !== null) return
      child.kill()
      await once(child, 'close')
    },
  }
}

export interface Figures {
  readonly perSecond: number
  /** Of the server, for each request. */
  readonly cpuMicroseconds: number
}

/** A form that is sent, or an address that a browser goes to. */
export type Question =
  | {
      readonly path: string
      readonly form: Readonly<Record<string, string>>
      readonly headers?: Readonly<Record<string, string>>
    }
  | { readonly path: string; readonly cookie: string }
  | { readonly path: string; readonly authorization: string }

export interface Asking {
  /** What connection `index` asks next. */
  request(index: number): Question
  /** The body of the answer, or where it leads. */
  taken?(index: number, answer: string): void
  readonly warmUp: { readonly requests: number; readonly atMostMilliseconds: number }
  readonly milliseconds: number
}

/** What is asked, and what becomes of the answers. */
export type Load = Pick<Asking, 'request' | 'taken'>

/** Every connection refreshes its own session, as a public client. */
export function refreshing({ paths, publicClient, publicRefreshTokens: tokens }: Issuer): Load {
  return {
    request: (index) => ({
      path: paths.token,
      form: { grant_type: 'refresh_token', client_id: publicClient, refresh_token: tokens[index] ?? '' },
    }),
    taken(index, body) {
      tokens[index] = JSON.parse(body).refresh_token
    },
  }
}

/** Every connection asks as fast as it is answered. */
export async function askAllTheTime({ child, port }: Issuer, asking: Asking): Promise<Figures> {
  const pid = child.pid ?? 0
  let count = 0
  let running = true
  const work = async (index: number): Promise<void> => {
    const connection = openConnection(port)
    while (running) {
      const question = asking.request(index)
      const { path } = question
      // Waited for here: as an argument of `taken` it would not be waited for where there is no `taken`.
      const answer = await ('cookie' in question
        ? connection.follow(path, question.cookie)
        : 'authorization' in question
          ? connection.get(path, question.authorization)
          : connection.post(path, new URLSearchParams(question.form).toString(), question.headers))
      asking.taken?.(index, answer)
      count += 1
    }
    connection.close()
  }
  keepAwake(() => running)
  const load = Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => work(index)))
  const { requests, atMostMilliseconds } = asking.warmUp
  const warmUpBegan = performance.now()
  while (count < requests && performance.now() - warmUpBegan < atMostMilliseconds) {
    await Promise.race([wait(100), load])
  }
  const [countBefore, cpuBefore, began] = [count, treeCpuSeconds(pid), performance.now()]
  await Promise.race([wait(asking.milliseconds), load])
  const [done, cpu, took] = [count - countBefore, treeCpuSeconds(pid) - cpuBefore, performance.now() - began]
  running = false
  await load
  return { perSecond: (done * 1000) / took, cpuMicroseconds: (cpu * 1e6) / done }
}

export function median(rounds: readonly Figures[] | undefined, figure: keyof Figures): number {
  const sorted = (rounds ?? []).map((one) => one[figure]).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
