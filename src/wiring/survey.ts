import { DAY_MILLISECONDS } from '../base/duration.ts'
import type { Settings } from '../config/settings.ts'
import type { Standing } from '../doctor/gather/standing.ts'
import type { KeyManagement } from '../keys/key-management.ts'
import type { SecretKeys } from '../keys/secret-keys.ts'
import { CURRENT_HASH } from '../login/password-hash.ts'
import { allClients } from '../store/clients.ts'
import type { Store } from '../store/store.ts'

export interface SurveyParts {
  readonly store: Store
  readonly settings: Settings
  readonly keys: KeyManagement
  readonly secretKeys: SecretKeys
}

const UNUSED_DAYS = 90
const RECENT_DAYS = 7
/** A list that is longer says no more. */
const MOST = 1000

/** How the issuer stands, by its database: see `Auth.survey`. Reads all of it, and changes nothing. */
export async function survey({ store, settings, keys, secretKeys }: SurveyParts): Promise<Standing> {
  const kept = (await store.permissions.roles()).filter(({ name }) => !Object.hasOwn(settings.roles, name))
  const configured = Object.entries(settings.roles).map(([name, { scopes }]) => ({ name, scopes }))
  const operatorRoles = [...configured, ...kept]
    .filter(({ scopes }) => scopes.some((name) => name.startsWith('admin:')))
    .map(({ name }) => name)
  const numbers = await store.survey({
    operatorRoles,
    currentHash: CURRENT_HASH,
    unusedMilliseconds: UNUSED_DAYS * DAY_MILLISECONDS,
  })
  const [report, clients, uses, dead, reused] = await Promise.all([
    keys.list(),
    allClients(store.clients),
    store.nodes.secretKeyUses(),
    store.webhooks.list({ dead: true, limit: MOST }),
    store.events.list({
      name: 'session.reuse',
      since: numbers.now - RECENT_DAYS * DAY_MILLISECONDS,
      limit: MOST,
    }),
  ])
  return {
    ...numbers,
    keys: report.keys,
    clients: clients.map(({ id, redirectUris, requirePkce, state }) => ({
      id,
      redirectUris,
      requirePkce,
      state,
    })),
    secretKeys: secretKeys.fingerprints,
    secretKeyUses: uses,
    deadDeliveries: dead.length,
    reusedSessions: new Set(reused.map(({ sessionId }) => sessionId)).size,
    limits: {
      keyRotationDays: settings.keyRotationDays,
      refreshTokenExpireDays: settings.refreshTokenExpireDays,
    },
  }
}
