import type { Origin } from '../audit/events.ts'
import type { KeyFacts } from '../keys/key-facts.ts'
import type { KeyManagement } from '../keys/key-management.ts'
import type { Client } from '../model/client.ts'
import type { User } from '../model/user.ts'
import type { Store } from '../store/store.ts'
import { type EpochMemory, rememberEpoch, rememberedEpoch } from './remembered-epoch.ts'

/** What was made void because a backup was put back, and what people have to look at. */
export interface RestoreReport {
  /** Every session and token of an older epoch is void. */
  readonly epoch: number
  /** The keys that sign from now on; all that were in the backup are withdrawn. */
  readonly signingKeys: readonly KeyFacts[]
  /** Whose password is that of the backup: one changed since, because somebody knew it, is good again. */
  readonly accounts: readonly User[]
  /** Whose secrets are those of the backup. */
  readonly clients: readonly Client[]
}

export interface RestoreParts {
  readonly store: Store
  readonly memories: readonly EpochMemory[]
  /** On the ring as it is loaded. */
  readonly keys: KeyManagement
  readonly withdrawsAccessKeys: boolean
}

const PAGE = 500

/**
 * Tells a database that it was put back from a backup (PROTOCOL 2.11): what had been revoked, spent or withdrawn since
 * the backup must not live again. The store must be open and nothing else at work on it. May be repeated.
 */
export async function declareRestored(parts: RestoreParts, by: Origin): Promise<RestoreReport> {
  const { store, memories, keys } = parts
  const { id } = await store.identify()
  const least = await rememberedEpoch(memories, id)
  const epoch = await store.declareRestored(least, { name: 'store.restored', origin: by })
  await rememberEpoch(memories, { id, epoch })

  const { keys: restored } = await keys.list()
  const uses = new Set(restored.filter(({ secretKey }) => secretKey !== undefined).map(({ use }) => use))
  if (parts.withdrawsAccessKeys) uses.add('access')
  else uses.delete('access')
  for (const use of uses) await keys.rotateNow(use, by)
  const { keys: now } = await keys.list()
  const signingKeys = now.filter(({ use, phase }) => phase === 'active' && uses.has(use))

  return {
    epoch,
    signingKeys,
    accounts: await all((after) => store.users.list({ limit: PAGE, ...(after !== undefined && { after }) })),
    clients: (
      await all((after) => store.clients.list({ limit: PAGE, ...(after !== undefined && { after }) }))
    ).filter(({ secrets }) => secrets.length > 0),
  }
}

async function all<Item extends { readonly id: string }>(
  page: (after: string | undefined) => Promise<readonly Item[]>,
): Promise<Item[]> {
  const items: Item[] = []
  for (;;) {
    const more = await page(items.at(-1)?.id)
    items.push(...more)
    if (more.length < PAGE) return items
  }
}
