import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AuthError } from '../errors/auth-error.ts'
import type { Store, StoreIdentity } from '../store/store.ts'

/**
 * What is known of a database outside of it: the highest epoch it was seen with. A backup that is put back without
 * `countersign migrate --restored` may be older than a restore that was declared, and revive what that made void.
 */
export interface EpochMemory {
  read(storeId: string): Promise<number>
  /** Keeps the epoch if it is higher than the one kept. */
  keep(store: StoreIdentity): Promise<void>
}

/** In a file of the data folder, beside the secret; nowhere if there is no such folder, or it cannot be written to. */
export function epochInFile(folder: string): EpochMemory {
  const path = join(folder, 'store-epochs.json')
  const readAll = (): Record<string, number> => {
    if (!existsSync(path)) return {}
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, number>) : {}
  }
  const read = async (storeId: string): Promise<number> => Number(readAll()[storeId] ?? 0)
  return {
    read,
    async keep({ id, epoch }) {
      if (!existsSync(folder) || (await read(id)) >= epoch) return
      const draft = `${path}.${process.pid}`
      try {
        writeFileSync(draft, `${JSON.stringify({ ...readAll(), [id]: epoch })}\n`, {
          mode: 0o600,
          flush: true,
        })
        renameSync(draft, path)
      } catch (error) {
        // A container with a read-only image: what cannot be kept here must not keep the node from its start.
        if (!UNWRITABLE.has((error as NodeJS.ErrnoException).code ?? '')) throw error
      }
    },
  }
}

const UNWRITABLE: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM'])

/** One after the other in Redis: whoever is later never lowers it. */
const KEEP_HIGHER = `if tonumber(redis.call('get', KEYS[1]) or '0') < tonumber(ARGV[1]) then
  redis.call('set', KEYS[1], ARGV[1]) end`

/** As much of an ioredis connection as is used here; the types of the package would be asked of whoever imports ours. */
export interface EpochConnection {
  get(key: string): Promise<string | null>
  eval(script: string, keyCount: number, key: string, epoch: number): Promise<unknown>
}

/** In Redis, for containers without a folder that lasts. A Redis that is away or was emptied remembers nothing. */
export function epochInRedis(connect: () => Promise<EpochConnection>): EpochMemory {
  const keyOf = (storeId: string) => `countersign:store-epoch:${storeId}`
  return {
    async read(storeId) {
      const connection = await connect()
      return Number((await connection.get(keyOf(storeId)).catch(() => null)) ?? 0)
    },
    async keep({ id, epoch }) {
      const connection = await connect()
      await connection.eval(KEEP_HIGHER, 1, keyOf(id), epoch).catch(() => undefined)
    },
  }
}

/** The highest epoch that any of the memories knows of a database. */
export async function rememberedEpoch(memories: readonly EpochMemory[], storeId: string): Promise<number> {
  return Math.max(0, ...(await Promise.all(memories.map((memory) => memory.read(storeId)))))
}

/** Keeps an epoch. Of a database that was never restored, as nearly all are, there is nothing to keep. */
export async function rememberEpoch(memories: readonly EpochMemory[], store: StoreIdentity): Promise<void> {
  if (store.epoch > 0) await Promise.all(memories.map((memory) => memory.keep(store)))
}

/** Throws AuthError `STORE_BEHIND` for a database that is older than it was once seen to be. */
export async function refuseOlderStore(
  store: Pick<Store, 'identify'>,
  memories: readonly EpochMemory[],
): Promise<StoreIdentity> {
  const found = await store.identify()
  const remembered = await rememberedEpoch(memories, found.id)
  if (remembered <= found.epoch) {
    await rememberEpoch(memories, found)
    return found
  }
  throw new AuthError('STORE_BEHIND', {
    details: {
      epoch: found.epoch,
      remembered,
      what_to_do: 'a backup was put back: run `countersign migrate --restored`',
    },
  })
}
