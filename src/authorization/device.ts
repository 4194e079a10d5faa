import type { Origin } from '../audit/events.ts'
import { AuthError, orThrow } from '../errors/auth-error.ts'
import { passAccountGate } from '../grants/account-gate.ts'
import type { GrantParts } from '../grants/grant.ts'
import type { Client } from '../model/client.ts'
import { DEVICE_CODE_GRANT } from '../model/device-code.ts'
import { scopeAskedOfPerson } from '../model/identity-scopes.ts'
import type { User } from '../model/user.ts'
import type { DeviceRequest, WaitingDevice } from '../store/device-codes.ts'
import {
  DEVICE_CODE_LIFE_MILLISECONDS,
  hashUserCode,
  makeDeviceCode,
  makeUserCode,
  POLL_MILLISECONDS,
  userCodeHashes,
} from '../tokens/device-code.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import type { Browser } from './authorize.ts'
import { grantableScope, lifeSecondsOf } from './grantable.ts'
import type { BrowserSignIn } from './step.ts'

/** The two codes of a device that waits. */
export interface DeviceCodes {
  readonly deviceCode: string
  readonly userCode: string
}

/** What a person is asked before a device gets anything. */
export interface DeviceQuestion {
  readonly device: WaitingDevice
  readonly client: Client
  readonly user: User
  readonly scope: readonly string[]
  /** How long the client may go on by itself. */
  readonly lifeSeconds: number
}

/** So many times a user code may meet another one that waits before something else must be wrong. */
const MOST_DRAWS = 5

/** RFC 8628 section 3.1. Who asks is known by no more than what the client proves. */
export async function startDevice(
  {
    client,
    scope,
    resource,
    origin,
  }: {
    readonly client: Client
    readonly scope: string | undefined
    readonly resource: string | undefined
    readonly origin: Origin
  },
  parts: GrantParts,
): Promise<DeviceCodes> {
  const details = { clientId: client.id }
  if (!client.grants.includes(DEVICE_CODE_GRANT)) {
    throw new AuthError('CLIENT_NOT_ALLOWED', { details: { ...details, grant: DEVICE_CODE_GRANT } })
  }
  const request = readRequest(client, scope, resource, parts)
  const from = { address: origin.address, agent: origin.agent }
  const { random, secretKeys, store } = parts
  for (let draw = 0; draw < MOST_DRAWS; draw += 1) {
    const deviceCode = makeDeviceCode(random)
    const userCode = makeUserCode(random)
    const created = await store.deviceCodes.create({
      ...request,
      ...from,
      hash: hashSecret(deviceCode),
      userCodeHash: hashUserCode(userCode, secretKeys.writing),
      lifeMilliseconds: DEVICE_CODE_LIFE_MILLISECONDS,
      intervalMilliseconds: POLL_MILLISECONDS,
    })
    if (created) return { deviceCode, userCode }
  }
  throw new Error('every user code that was drawn is in use')
}

function readRequest(
  client: Client,
  scope: string | undefined,
  resource: string | undefined,
  { policy, settings }: GrantParts,
): Pick<DeviceRequest, 'clientId' | 'scope' | 'resources'> {
  const clientId = client.id
  const asksFor = orThrow(scopeAskedOfPerson(scope, policy))
  const isForUs = resource === undefined || resource === '' || resource === settings.audience
  if (!isForUs) throw new AuthError('RESOURCE_UNKNOWN', { details: { clientId } })
  return { clientId, scope: asksFor, resources: resource ? [resource] : [] }
}

/** The device that waits with this code, as a question to whoever is signed in. Undefined where none does. */
export async function findDevice(
  userCode: string,
  signIn: BrowserSignIn,
  parts: GrantParts,
): Promise<DeviceQuestion | undefined> {
  await countTry(signIn.userId, parts)
  const { store, clients, secretKeys } = parts
  const device = await store.deviceCodes.findWaiting(userCodeHashes(userCode, secretKeys))
  if (device === undefined) return undefined
  const client = (await clients.find(device.clientId))?.client
  const user = await store.users.find(signIn.userId)
  if (client?.state !== 'active' || !client.grants.includes(DEVICE_CODE_GRANT) || user === undefined) {
    return undefined
  }
  const scope = await grantableScope({ client, scope: device.scope }, user, parts)
  return { device, client, user, scope, lifeSeconds: lifeSecondsOf(client, scope, parts) }
}

/**
 * The person has answered for the device. That the answer came from our page, about this very question, is for the
 * caller to have looked at. False where somebody else was faster, or the time is over.
 */
export async function answerDevice(
  { device, client, user, scope }: DeviceQuestion,
  allowed: boolean,
  { signIn, origin }: Browser,
  parts: GrantParts,
): Promise<boolean> {
  const { deviceCodes, consents } = parts.store
  const of = { userId: user.id, clientId: client.id }
  const asked = askedFrom(device)
  if (!allowed) {
    return deviceCodes.deny(device.hash, { name: 'device_code.denied', origin, ...of, data: asked })
  }
  if (signIn?.userId !== user.id) return false
  await passAccountGate({ user, amr: signIn.amr, origin, isSignedIn: true }, parts)
  const data = { scope: scope.join(' ') }
  // First, so that what the device holds can be taken back like any other application's.
  const { sessionId } = signIn
  const granted = { name: 'consent.granted', origin, ...of, data } as const
  if (!(await consents.grant({ ...of, sessionId, scopes: scope }, granted))) return false
  const event = {
    name: 'device_code.approved',
    origin,
    ...of,
    sessionId,
    data: { ...data, ...asked },
  } as const
  return deviceCodes.approve({ hash: device.hash, userId: user.id, sessionId, scope }, event)
}

/** That a device asked is written with the answer to it: else whoever asks and asks, signed in or not, fills the log. */
function askedFrom({ address, agent, askedAt }: WaitingDevice) {
  return { device_address: address ?? null, device_agent: agent ?? null, asked_at: askedAt }
}

const TRIES = 20
const TRIES_MILLISECONDS = 600_000

/**
 * Codes are short, so each account looks at a few only (RFC 8628 section 5.1): who guesses for a week meets one of a
 * thousand waiting devices once in more than a thousand weeks, and could then only let that device into an own account.
 */
async function countTry(userId: string, { store, clock }: GrantParts): Promise<void> {
  const now = clock.now()
  const slot = Math.floor(now / TRIES_MILLISECONDS)
  const tries = await store.oneTime.countTry('user code', hashSecret(`${userId} ${slot}`), TRIES_MILLISECONDS)
  if (tries <= TRIES) return
  const retryAfterSeconds = Math.ceil(((slot + 1) * TRIES_MILLISECONDS - now) / 1000)
  throw new AuthError('RATE_LIMITED', { retryAfterSeconds, details: { limit: 'user codes', userId } })
}
