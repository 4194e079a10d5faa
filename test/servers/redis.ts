import { randomBytes } from 'node:crypto'
import { type PrivateServer, startPrivateServer } from './private-server.ts'
import { redisServer, requireProgram } from './programs.ts'

export interface RedisOptions {
  /** Every write reaches the disk before it is answered. Off by default: a restart starts empty. */
  readonly durable?: boolean
  /** Lines of redis.conf. */
  readonly settings?: Readonly<Record<string, string>>
  /** Of whoever connects; by default one of its own. */
  readonly password?: string
}

/** A Redis or Valkey of a test's own. */
export interface PrivateRedis extends PrivateServer {
  readonly url: string
}

/** Starts a private Redis: some 20 ms. */
export async function startRedis({
  durable = false,
  settings = {},
  password = randomBytes(16).toString('hex'),
}: RedisOptions = {}): Promise<PrivateRedis> {
  const path = requireProgram(redisServer)
  const server = await startPrivateServer({
    name: 'redis',
    command: ({ folder, port }) => ({
      path,
      args: ['-'],
      input: configuration({
        bind: '127.0.0.1',
        port: String(port),
        dir: folder,
        requirepass: password,
        save: '""',
        ...(durable ? { appendonly: 'yes', appendfsync: 'always' } : { appendonly: 'no' }),
        ...settings,
      }),
    }),
    ready: /Ready to accept connections/,
    stopSignal: 'SIGTERM',
  })
  return { ...server, url: `redis://:${password}@127.0.0.1:${server.port}` }
}

function configuration(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('')
}
