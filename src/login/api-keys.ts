import { z } from 'zod'
import type { Origin } from '../audit/events.ts'
import { DAY_SECONDS } from '../base/duration.ts'
import type { Random } from '../base/random.ts'
import { randomId } from '../base/random.ts'
import { AuthError, orThrow } from '../errors/auth-error.ts'
import type { ApiKey } from '../model/api-key.ts'
import {
  declaredIn,
  declaredScope,
  grantedScope,
  type ScopePolicy,
  scopesOfRoles,
} from '../model/scope-policy.ts'
import { text as textField } from '../model/text-field.ts'
import type { ApiKeyUse } from '../store/api-keys.ts'
import type { Store } from '../store/store.ts'
import { makeApiKey } from '../tokens/api-key.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import { createUseNotes, type UseNotes } from './use-notes.ts'

export interface NewApiKeyRequest {
  readonly userId: string
  readonly name: string
  /** All of them must be held by the owner's roles; all that those hold where undefined. */
  readonly scopes?: readonly string[] | undefined
  /** The scopes of the credential that asks for the key: none may make a key of more than it has. */
  readonly within?: readonly string[] | undefined
  readonly lifeSeconds?: number | undefined
  /** Of whoever asks for it, where that is somebody who is signed in. */
  readonly sessionId?: string | undefined
}

/** A key that was just made: the only time its text is to be had. */
export interface MadeApiKey {
  readonly apiKey: ApiKey
  readonly text: string
}

export interface ApiKeys {
  /**
   * Throws `REQUEST_INVALID` with every problem, `SCOPE_MISSING` for a scope that the owner or `within` lacks,
   * `SCOPE_UNKNOWN` for a misspelt one.
   */
  make(request: NewApiKeyRequest, origin: Origin): Promise<MadeApiKey>
  list(userId: string): Promise<ApiKey[]>
  /** False if the owner has no live key of that id. */
  revoke(key: { readonly userId: string; readonly id: string }, origin: Origin): Promise<boolean>
  /** Lets a key work again that a restore of the database has suspended. */
  confirm(key: { readonly userId: string; readonly id: string }, origin: Origin): Promise<boolean>
  /** When keys were last seen. */
  readonly uses: UseNotes<ApiKeyUse>
}

export interface ApiKeysParts {
  readonly store: Pick<Store, 'apiKeys' | 'users'>
  readonly policy: ScopePolicy
  readonly random: Random
  readonly revocationsChanged: () => Promise<void>
  readonly report: (error: unknown) => void
}

const DEFAULT_LIFE_SECONDS = 365 * DAY_SECONDS
const LONGEST_LIFE_SECONDS = 10 * DEFAULT_LIFE_SECONDS

/** What a key can be asked for with, whoever asks. */
export const apiKeyFields = {
  name: textField(100).meta({ description: 'What you call it: where it is used.' }),
  lifeSeconds: z.int().min(60).max(LONGEST_LIFE_SECONDS).optional().meta({
    description: 'Seconds; a year if left out.',
  }),
}

export function createApiKeys(parts: ApiKeysParts): ApiKeys {
  const { store, policy, random, revocationsChanged, report } = parts
  return {
    async make({ userId, scopes, within, sessionId, ...given }, origin) {
      const { name, lifeSeconds = DEFAULT_LIFE_SECONDS } = checked(given)
      const user = await store.users.find(userId)
      if (user === undefined) throw new AuthError('NOT_FOUND')
      const text = makeApiKey(userId, random)
      const id = randomId(random)
      const ofRoles = await scopesOfRoles(policy, user.roles)
      const held = within === undefined ? ofRoles : ofRoles.filter((scope) => within.includes(scope))
      const granted = grantedScope(orThrow(declaredScope(scopes, declaredIn(policy))), held)
      // Unlike a token, a key is made for one purpose and long before it is used: with less than that it would fail there.
      const missing = scopes?.filter((scope) => !granted.includes(scope)) ?? []
      if (missing.length > 0) throw new AuthError('SCOPE_MISSING', { details: { scopes: missing } })
      const key = {
        id,
        userId,
        name,
        hash: hashSecret(text),
        scopes: granted,
        lifeMilliseconds: lifeSeconds * 1000,
        sessionId,
      }
      const event = { name: 'api_key.created', origin, userId, data: { key: id } } as const
      const apiKey = await store.apiKeys.create(key, event)
      if (apiKey !== undefined) return { apiKey, text }
      throw new AuthError('REQUEST_INVALID', {
        fields: [
          {
            field: 'name',
            message: 'There are too many keys, or the account or the session is closed. Revoke one.',
          },
        ],
      })
    },
    list: (userId) => store.apiKeys.list(userId),
    async revoke(key, origin) {
      const event = { name: 'api_key.revoked', origin, userId: key.userId, data: { key: key.id } } as const
      const revoked = await store.apiKeys.revoke(key, event)
      if (revoked) await revocationsChanged()
      return revoked
    },
    confirm: (key, origin) =>
      store.apiKeys.confirm(key, {
        name: 'api_key.confirmed',
        origin,
        userId: key.userId,
        data: { key: key.id },
      }),
    uses: createUseNotes((uses) => store.apiKeys.noteUses(uses), report),
  }
}

function checked(given: Pick<NewApiKeyRequest, 'name' | 'lifeSeconds'>) {
  const { data, error } = z.object(apiKeyFields).safeParse(given)
  if (data !== undefined) return data
  const fields = error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
  throw new AuthError('REQUEST_INVALID', { fields })
}
