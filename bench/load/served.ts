import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findFreePort } from '../../test/servers/free-port.ts'
import { CONNECTIONS, type Issuer } from './issuer.ts'

export interface ServedOptions {
  /** Where it runs. */
  readonly folder: string
  readonly databaseUrl: string
  readonly redisUrl?: string | undefined
  readonly workers: number
}

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const PREPARE = fileURLToPath(new URL('./prepare.ts', import.meta.url))
const START_TRIES = 6000

/** `countersign serve`, as it is shipped, in production, on a database that was prepared. */
export async function startServed({
  folder,
  databaseUrl,
  redisUrl,
  workers,
}: ServedOptions): Promise<Issuer> {
  const port = await findFreePort()
  const { PATH = '' } = process.env
  const env = {
    PATH,
    NODE_ENV: 'production',
    PORT: String(port),
    ISSUER: `http://127.0.0.1:${port}`,
    SECRET_KEY: randomBytes(32).toString('base64url'),
    DATABASE_URL: databaseUrl,
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'error',
    ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
  }
  const told = execFileSync(process.execPath, [PREPARE, String(CONNECTIONS)], { cwd: folder, env })
  const child = spawn(process.execPath, [MAIN, 'serve', '--workers', String(workers)], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', process.env.BENCH_VERBOSE ? 'inherit' : 'ignore'],
  })
  for (let tries = 0; !(await isReady(port)); tries += 1) {
    if (child.exitCode !== null || tries === START_TRIES) throw new Error('countersign does not serve')
    await wait(10)
  }
  return {
    ...JSON.parse(told.toString()),
    port,
    child,
    async stop() {
      if (child.exitCode !== null) return
      child.kill()
      await once(child, 'close')
    },
  }
}

/** Asked over a connection of its own, so that no worker keeps one. */
async function isReady(port: number): Promise<boolean> {
  const options = { headers: { connection: 'close' } }
  return fetch(`http://127.0.0.1:${port}/readyz`, options).then(
    ({ ok }) => ok,
    () => false,
  )
}
