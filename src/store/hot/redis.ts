import type { Redis } from 'ioredis'
import type { Logger } from '../../base/logger.ts'
import { loadOptional } from '../../base/optional-package.ts'

const LONGEST_RETRY_MILLISECONDS = 2000
const ANSWER_LIMIT_MILLISECONDS = 2000

/** The one connection of this process to Redis or Valkey, made when it is first asked for. Nothing lives only there. */
export interface RedisLink {
  /** Does not wait for the server, which may come later. Rejects where the package is not installed. */
  connection(): Promise<Redis>
  close(): void
}

export function createRedisLink(url: string, logger: Logger): RedisLink {
  let opening: Promise<Redis> | undefined
  return {
    connection() {
      opening ??= open(url, logger)
      return opening
    },
    close() {
      void opening?.then(
        (connection) => connection.disconnect(),
        () => undefined,
      )
      opening = undefined
    },
  }
}

async function open(url: string, logger: Logger): Promise<Redis> {
  const { Redis } = await loadOptional('ioredis', 'REDIS_URL', () => import('ioredis'))
  const connection = new Redis(url, {
    connectTimeout: ANSWER_LIMIT_MILLISECONDS,
    commandTimeout: ANSWER_LIMIT_MILLISECONDS,
    // Whoever asks while Redis is away is told at once, and goes on without it.
    maxRetriesPerRequest: 0,
    // A server that was demoted stays connected and refuses every count: its name may lead to the new one by now.
    reconnectOnError: ({ message }) => message.includes('READONLY'),
    retryStrategy: (times) => Math.min(100 * 2 ** Math.min(times, 10), LONGEST_RETRY_MILLISECONDS),
  })
  let failing = false
  connection.on('error', (error) => {
    if (!failing) logger.warn({ err: error }, 'Redis does not answer: going on without it')
    failing = true
  })
  connection.on('ready', () => {
    if (failing) logger.info({}, 'Redis answers again')
    failing = false
  })
  return connection
}
