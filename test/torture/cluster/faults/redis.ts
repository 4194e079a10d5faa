import { Redis } from 'ioredis'
import { startRedis } from '../../../servers/redis.ts'
import type { ClusterPlace } from '../cluster-place.ts'
import { type Fault, OFTEN } from '../fault.ts'

const LASTS_MILLISECONDS = 3000

async function ask(url: string, command: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis(url)
  try {
    await command(client)
  } finally {
    client.disconnect()
  }
}

const stop: Fault<ClusterPlace> = {
  name: 'redis-stop',
  counts: OFTEN,
  lastsMilliseconds: LASTS_MILLISECONDS,
  begin: ({ redis }) => redis.kill(),
  end: ({ redis }) => redis.start(),
}

const flush: Fault<ClusterPlace> = {
  name: 'redis-flush',
  counts: { quick: 1, full: 2, long: 100 },
  lastsMilliseconds: 500,
  begin: ({ redis }) => ask(redis.url, (client) => client.flushall()),
  end: async () => undefined,
}

/** Another one takes over, with what it happens to have. */
const failOver: Fault<ClusterPlace> = {
  name: 'redis-fail-over',
  counts: OFTEN,
  lastsMilliseconds: 1000,
  async begin(place) {
    const former = place.redis
    const password = new URL(former.url).password
    const replica = await startRedis({
      password,
      settings: { masterauth: password, replicaof: `127.0.0.1 ${former.port}` },
    })
    await former.kill()
    place.redisWire.cut()
    place.redis = replica
    await former.stop()
  },
  async end({ redis, redisWire }) {
    await ask(redis.url, (client) => client.replicaof('NO', 'ONE'))
    redisWire.leadTo(redis.port)
    redisWire.mend()
  },
}

function slow(name: string, milliseconds: number): Fault<ClusterPlace> {
  return {
    name,
    counts: OFTEN,
    lastsMilliseconds: Math.max(LASTS_MILLISECONDS, milliseconds + 1500),
    begin: async ({ redisWire }) => redisWire.slow(milliseconds),
    end: async ({ redisWire }) => redisWire.mend(),
  }
}

export const redisFaults = [stop, flush, failOver, slow('redis-slow-500ms', 500), slow('redis-slow-5s', 5000)]
