/** The closed list of audited changes, noun.verb. A plain rotation of a refresh token is recorded in its session. */
export const EVENT_NAMES = [
  'user.created',
  'user.taken_over',
  'user.imported',
  'user.renamed',
  'user.profile_changed',
  'user.password_changed',
  'user.password_rehashed',
  'user.roles_changed',
  'user.disabled',
  'user.enabled',
  'user.deleted',
  'user.invited',
  'user.invitation_withdrawn',
  'user.registration_asked',
  'user.registration_repeated',
  'user.verification_asked',
  'user.email_verified',
  'user.email_change_asked',
  'user.email_changed',
  'user.email_kept',
  'user.reset_asked',
  'user.exported',
  'user.factors_reset',
  'totp.added',
  'totp.removed',
  'passkey.added',
  'passkey.renamed',
  'passkey.removed',
  'passkey.refused',
  'identity.added',
  'identity.removed',
  'recovery_codes.made',
  'recovery_code.used',
  'login.challenged',
  'login.refused',
  'session.started',
  'session.renewed',
  'session.ended',
  'session.all_ended',
  'session.ahead',
  'session.hold',
  'session.late_repeat',
  'session.repeat_elsewhere',
  'session.reuse',
  'session.wrong_client',
  'code.issued',
  'code.reused',
  'code.wrong_client',
  'device_code.approved',
  'device_code.denied',
  'device_code.reused',
  'device_code.wrong_client',
  'consent.granted',
  'consent.revoked',
  'token.revoked',
  'token.issued',
  'client.created',
  'client.changed',
  'client.disabled',
  'client.enabled',
  'client.secret_rotated',
  'client.deleted',
  'role.created',
  'role.changed',
  'role.removed',
  'scope.declared',
  'scope.changed',
  'scope.removed',
  'api_key.created',
  'api_key.revoked',
  'api_key.confirmed',
  'key.created',
  'key.changed',
  'key.imported',
  'key.revoked',
  'key.reencrypted',
  'store.migrated',
  'store.restored',
  'store.rolled_back',
  'clock.stepped',
  'mail.failed',
  'webhook.dead',
  'webhook.retried',
  'application.recorded',
] as const

export type EventName = (typeof EVENT_NAMES)[number]

/** Who caused a change: a signed-in user, a client, an operator at the command line, or the system itself. */
export interface Actor {
  readonly kind: 'user' | 'client' | 'operator' | 'system'
  readonly id?: string | undefined
}

/** Who, and from where: the part of an event that is the same for everything one request does. */
export interface Origin {
  readonly actor: Actor
  /** The client's address as resolved; never taken from a header that no trusted proxy wrote. */
  readonly address?: string | undefined
  readonly agent?: string | undefined
  /** The reference that the answer carried, to join answer, log and event. */
  readonly reference?: string | undefined
}

/** An event before it is stored. `data` holds plain facts; never a credential, never a password. */
export interface NewEvent {
  readonly name: EventName
  readonly origin: Origin
  readonly userId?: string | undefined
  readonly sessionId?: string | undefined
  readonly clientId?: string | undefined
  readonly data?: Readonly<Record<string, string | number | boolean | null>> | undefined
}

export interface AuditEvent extends NewEvent {
  readonly id: string
  /** Milliseconds since 1970, by the store's clock. */
  readonly at: number
}
