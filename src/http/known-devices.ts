import type { Clock } from '../base/clock.ts'
import type { GuardRequest } from '../model/guard-request.ts'
import { DEVICE_LIFE_SECONDS, type DeviceCookies, type KnownDevice } from '../tokens/device-cookie.ts'
import { cookieAttributes, ownCookie } from './own-cookies.ts'

/** The browsers that people have signed in with, known again by a cookie (rule E8). */
export interface KnownDevices {
  read(request: Pick<GuardRequest, 'header'>): KnownDevice | undefined
  /** The value of Set-Cookie after this person signed in with everything that it takes, where there is news. */
  remember(request: Pick<GuardRequest, 'header'>, userId: string): readonly string[]
}

export function createKnownDevices(
  cookies: DeviceCookies,
  { https, clock }: { readonly https: boolean; readonly clock: Clock },
): KnownDevices {
  const attributes = `Max-Age=${DEVICE_LIFE_SECONDS}; ${cookieAttributes(https)}`
  const read: KnownDevices['read'] = (request) => {
    const text = ownCookie(request, cookies.name)
    return text === undefined ? undefined : cookies.read(text)
  }
  return {
    read,
    remember(request, userId) {
      const text = cookies.write(read(request), userId, Math.floor(clock.now() / 1000))
      return text === undefined ? [] : [`${cookies.name}=${text}; ${attributes}`]
    },
  }
}
