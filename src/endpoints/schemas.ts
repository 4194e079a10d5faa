import { z } from 'zod'
import type { AuditEvent } from '../audit/events.ts'
import { networkOf } from '../base/network.ts'
import { deviceName } from '../model/device.ts'
import type { Session } from '../model/session.ts'
import { text, whyNoText } from '../model/text-field.ts'
import type { User } from '../model/user.ts'
import { LONGEST_TOKEN } from '../tokens/compact.ts'

/** The longest login name there can be: a mail address (RFC 5321 section 4.5.3.1). */
const LONGEST_LOGIN = 320
/** Above the 64 characters that must be allowed, below what would be work to hash. */
const LONGEST_PASSWORD = 1024

/** A password as it is presented; whether a new one is good enough is the policy's to say. */
export const passwordText = z
  .string({ error: whyNoText })
  .min(1, 'Must not be empty.')
  .max(LONGEST_PASSWORD, `At most ${LONGEST_PASSWORD} characters.`)
  .meta({ format: 'password' })

export const loginText = text(LONGEST_LOGIN)

/** What a mailed link carries. */
export const linkText = text(200)

/** How a client says who it is in a body (RFC 6749 section 2.3.1, RFC 7521 section 4.2); see `PresentedClient`. */
export const clientParts = {
  client_id: text(200, 0).optional(),
  client_secret: text(500, 0).optional(),
  client_assertion_type: text(200, 0).optional(),
  client_assertion: text(LONGEST_TOKEN, 0).optional(),
}

/** The token that a client asks about (RFC 7009 section 2.1, RFC 7662 section 2.1). The hint tells us nothing new. */
export const presentedToken = {
  token: text(LONGEST_TOKEN).meta({ description: 'A refresh token or an access token.' }),
  token_type_hint: text(200, 0).optional(),
}

export const tokenAnswer = z
  .object({
    access_token: z.string().meta({ description: 'JWT of type at+jwt (RFC 9068).' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds until the access token expires.' }),
    refresh_token: z.string().optional().meta({ description: 'For `POST /refresh`; opaque.' }),
    id_token: z.string().optional().meta({ description: 'Who signed in (OpenID Connect), with `openid`.' }),
    scope: z.string().meta({ description: 'What was granted, separated by spaces.' }),
  })
  .meta({ id: 'Tokens' })

export const userAnswer = z
  .object({
    id: z.uuid().meta({ description: 'The `sub` of every token. Never given to anybody else.' }),
    email: z.string(),
    email_verified: z.boolean(),
    username: z.string().nullable(),
    roles: z.array(z.string()),
    profile: z.record(z.string(), z.unknown()),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'User' })

export const sessionAnswer = z
  .object({
    id: z.uuid(),
    current: z.boolean().meta({ description: 'Whether this request came with it.' }),
    client_id: z.string(),
    scope: z.string(),
    device: z
      .string()
      .nullable()
      .meta({ description: 'A name for people, read from the user agent: `Firefox on Windows`.' }),
    address: z.string().nullable().meta({ description: 'Of the last use.' }),
    network: z.string().nullable().meta({ description: 'The prefix of the address that names its network.' }),
    user_agent: z.string().nullable(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'Session' })

/** A list, and where it goes on. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() })
}

/** As ISO 8601, UTC. */
export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

export function timeOrNull(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : timeOf(milliseconds)
}

export function showUser(user: User): z.input<typeof userAnswer> {
  return {
    id: user.id,
    email: user.email,
    email_verified: user.emailVerified,
    username: user.username ?? null,
    roles: [...user.roles],
    profile: { ...user.profile },
    created_at: timeOf(user.createdAt),
  }
}

export function showSession(session: Session, currentId: string | undefined): z.input<typeof sessionAnswer> {
  return {
    id: session.id,
    current: session.id === currentId,
    client_id: session.clientId,
    scope: session.scope.join(' '),
    device: deviceName(session.agent) ?? null,
    address: session.address ?? null,
    network: networkOf(session.address) ?? null,
    user_agent: session.agent ?? null,
    created_at: timeOf(session.startedAt),
    last_used_at: timeOf(session.usedAt),
    expires_at: timeOf(session.endsAt),
  }
}

/** An account as those see it who look after it. */
export const adminUserAnswer = userAnswer
  .extend({ state: z.enum(['active', 'disabled']), updated_at: z.iso.datetime() })
  .meta({ id: 'ManagedUser' })

export function showManagedUser(user: User): z.input<typeof adminUserAnswer> {
  return { ...showUser(user), state: user.state, updated_at: timeOf(user.updatedAt) }
}

export const eventAnswer = z
  .object({
    id: z.uuid(),
    at: z.iso.datetime(),
    name: z.string().meta({ description: 'What happened, noun.verb: `session.reuse`.' }),
    actor: z
      .object({ kind: z.enum(['user', 'client', 'operator', 'system']), id: z.string().nullable() })
      .meta({ description: 'Who did it.' }),
    user_id: z.string().nullable().meta({ description: 'Whom it was done to.' }),
    session_id: z.string().nullable(),
    client_id: z.string().nullable(),
    address: z.string().nullable(),
    user_agent: z.string().nullable(),
    reference: z.string().nullable().meta({ description: 'The one that the answer carried.' }),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' })

export function showEvent({ origin, ...event }: AuditEvent): z.input<typeof eventAnswer> {
  return {
    id: event.id,
    at: timeOf(event.at),
    name: event.name,
    actor: { kind: origin.actor.kind, id: origin.actor.id ?? null },
    user_id: event.userId ?? null,
    session_id: event.sessionId ?? null,
    client_id: event.clientId ?? null,
    address: origin.address ?? null,
    user_agent: origin.agent ?? null,
    reference: origin.reference ?? null,
    data: { ...event.data },
  }
}

export const exampleUser: z.input<typeof userAnswer> = {
  id: '6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f',
  email: 'alice@example.com',
  email_verified: false,
  username: 'alice',
  roles: ['user'],
  profile: {},
  created_at: '2026-11-23T08:00:00.000Z',
}
