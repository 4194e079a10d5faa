import { type Random, randomSecret } from '../base/random.ts'
import { seal, unseal } from '../keys/seal.ts'
import type { SecretKeys } from '../keys/secret-keys.ts'

/** How long a browser counts as known after the last sign-in there. */
export const DEVICE_LIFE_SECONDS = 180 * 86_400
/** A cookie younger than this is not written anew. */
const FRESH_SECONDS = 7 * 86_400
/** Of a browser that several people use. */
const MOST_PEOPLE = 5
const ID_BYTES = 16

/** A browser in which people have signed in with everything that it takes. */
export interface KnownDevice {
  /** Random; what its tries are counted under. */
  readonly id: string
  /** By user id: when they last signed in there. Seconds since 1970. */
  readonly people: Readonly<Record<string, number>>
}

/**
 * The cookie by which a browser is known again (rule E8). It says nothing to others, for it is encrypted, and opens
 * nothing: whoever steals it may guess as slowly as its owner.
 */
export interface DeviceCookies {
  readonly name: string
  /** Undefined for a text that is none, or is too old. */
  read(text: string): KnownDevice | undefined
  /** The text after somebody signed in; undefined where the cookie of before does as well. */
  write(before: KnownDevice | undefined, userId: string, nowSeconds: number): string | undefined
}

/** The name of the cookie; see `sessionCookieName`. */
function deviceCookieName(https: boolean): string {
  return https ? '__Host-countersign-device' : 'countersign-device'
}

export function createDeviceCookies(
  { issuer, https }: { readonly issuer: string; readonly https: boolean },
  secretKeys: SecretKeys,
  random: Random,
): DeviceCookies {
  const purpose = `known-device ${issuer}`
  return {
    name: deviceCookieName(https),
    read(text) {
      const opened = unseal(text, purpose, secretKeys)
      if ('unreadable' in opened) return undefined
      const [id, people] = JSON.parse(opened.plain)
      return { id, people }
    },
    write(before, userId, nowSeconds) {
      const { id = randomSecret(random, ID_BYTES), people = {} } = before ?? {}
      const last = people[userId]
      if (last !== undefined && nowSeconds - last < FRESH_SECONDS) return undefined
      const latest = Object.entries({ ...people, [userId]: nowSeconds })
        .sort(([, a], [, b]) => b - a)
        .slice(0, MOST_PEOPLE)
      return seal(JSON.stringify([id, Object.fromEntries(latest)]), purpose, secretKeys.writing, random)
    },
  }
}

/** The id of the browser, if this person has signed in there within the last half year. */
export function deviceKnownTo(
  device: KnownDevice | undefined,
  userId: string,
  nowSeconds: number,
): string | undefined {
  const last = device?.people[userId]
  return last !== undefined && nowSeconds - last < DEVICE_LIFE_SECONDS ? device?.id : undefined
}
