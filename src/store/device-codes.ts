import type { NewEvent } from '../audit/events.ts'
import type { SessionFacts } from '../model/session.ts'
import type { User } from '../model/user.ts'
import type { NewSession } from './sessions.ts'

/** What a device without a browser asks for (RFC 8628 section 3.1), and from where. */
export interface DeviceRequest {
  readonly clientId: string
  /** As asked; undefined where nothing was asked. */
  readonly scope: readonly string[] | undefined
  readonly resources: readonly string[]
  readonly address: string | undefined
  readonly agent: string | undefined
}

export interface NewDeviceCode extends DeviceRequest {
  /** SHA-256 of the device code, base64url. */
  readonly hash: string
  /** Of the user code, under a key that the database does not hold. */
  readonly userCodeHash: string
  readonly lifeMilliseconds: number
  readonly intervalMilliseconds: number
}

/** A device that nobody has answered yet. */
export interface WaitingDevice extends DeviceRequest {
  readonly hash: string
  /** Milliseconds since 1970. */
  readonly askedAt: number
}

/** What a person allowed, with what was read of their browser's session then. */
export interface DeviceApproval {
  readonly userId: string
  readonly userEpoch: number
  readonly scope: readonly string[]
  readonly resources: readonly string[]
  readonly amr: readonly string[]
  /** When the user proved who they are. Milliseconds since 1970. */
  readonly authenticatedAt: number
}

export type DevicePoll =
  | { readonly state: 'waiting' | 'too_soon' | 'denied' | 'expired' }
  | { readonly state: 'other_client'; readonly owner: string }
  | { readonly state: 'approved'; readonly approval: DeviceApproval; readonly user: User }
  /** The user's credentials were replaced since, or the account closed. */
  | { readonly state: 'void'; readonly userId: string }
  /** It was used before; used long ago, so that whoever asks is another: the session that was made then has ended. */
  | { readonly state: 'used'; readonly userId: string; readonly sessionId: string; readonly ended: boolean }

export type DeviceRedemption =
  | { readonly outcome: 'redeemed'; readonly facts: SessionFacts; readonly user: User }
  /** Somebody was faster, or what it rests on has changed. */
  | { readonly outcome: 'lost' }

/** An honest device may ask again because an answer was lost; whoever comes later holds what is not theirs. */
export const DEVICE_REPEAT_MILLISECONDS = 10_000

/** A device that asks too soon has to wait so much longer from then on (RFC 8628 section 3.5). */
export const SLOW_DOWN_MILLISECONDS = 5000

/** By so much two questions may draw nearer on their way. */
export const POLL_TOLERANCE_MILLISECONDS = 1000

export interface DeviceCodeVerbs {
  /**
   * False, and nothing happens, where another device waits with the same user code. No event: anybody may ask, and the
   * answer says who asked.
   */
  create(code: NewDeviceCode): Promise<boolean>
  /** By the user code's hash under any of the keys. Undefined where none waits, or no longer. */
  findWaiting(userCodeHashes: readonly string[]): Promise<WaitingDevice | undefined>
  /**
   * False, and nothing happens, unless the device waits, the session is live, and what its user has allowed the client
   * stands. Of two answers the first counts.
   */
  approve(
    approval: {
      readonly hash: string
      readonly userId: string
      /** The browser's session that it is allowed from. */
      readonly sessionId: string
      readonly scope: readonly string[]
    },
    event: NewEvent,
  ): Promise<boolean>
  deny(hash: string, event: NewEvent): Promise<boolean>
  /**
   * How it stands with the device, for the client that asks; writes down that it was asked. Undefined where there is no
   * such code. `reused` is the event of a code that was used long ago; ids are filled in.
   */
  poll(
    code: { readonly hash: string; readonly clientId: string },
    reused: NewEvent,
  ): Promise<DevicePoll | undefined>
  /** Starts a session with a code that was allowed and that nobody has used: of all callers exactly one succeeds. */
  redeem(hash: string, session: NewSession, started: NewEvent): Promise<DeviceRedemption>
}
