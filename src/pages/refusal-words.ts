import type { FieldProblem } from '../errors/refusal.ts'
import type { Texts } from '../texts/en.ts'
import type { ShownProblem } from './form.ts'

/** A refusal as a page is told of it. */
export interface ToldRefusal {
  readonly code: string
  readonly retryAfterSeconds?: number | undefined
  readonly problems?: readonly FieldProblem[] | undefined
}

/** What was wrong with the whole form. Says nothing that the API would not: no name of a cause, no guess. */
export function failureIn(texts: Texts, { code, retryAfterSeconds = 1, problems = [] }: ToldRefusal): string {
  const { refusals } = texts
  switch (code) {
    case 'CREDENTIALS_WRONG':
      return refusals.wrongCredentials
    case 'RATE_LIMITED':
      return refusals.wait(Math.max(1, Math.ceil(retryAfterSeconds)))
    case 'HASH_QUEUE_FULL':
      return refusals.busy
    case 'CSRF_TOKEN_STALE':
      return refusals.stale
    case 'EMAIL_UNVERIFIED':
      return refusals.unverified
    case 'FACTOR_WRONG':
      return refusals.factorWrong
    case 'CHALLENGE_VOID':
      return refusals.challengeOver
    case 'PASSKEYS_UNAVAILABLE':
      return refusals.noPasskeys
    case 'LINK_INVALID':
      return refusals.link
    case 'REAUTHENTICATION_REQUIRED':
      return refusals.fresh
    case 'REGISTRATION_CLOSED':
      return refusals.closed
    case 'STATE_COOKIE_MISSING':
      return refusals.attemptOver
    case 'PROVIDER_UNAVAILABLE':
      return refusals.providerDown
    case 'PROVIDER_ANSWER_REFUSED':
    case 'NONCE_MISMATCH':
      return refusals.providerRefused
    case 'PROVIDER_DENIED':
      return refusals.providerDenied
    case 'PROVIDER_SIGN_IN_OLD':
      return refusals.providerOld
    case 'PROVIDER_EMAIL_UNUSABLE':
      return refusals.providerEmail
    case 'PROVIDER_ACCOUNT_TAKEN':
      return refusals.providerTaken
    case 'LAST_WAY_IN':
      return refusals.lastWayIn
    case 'ACCOUNT_NAME_TAKEN':
      return problems.length > 0 ? refusals.check : refusals.accountThere
    case 'PASSWORD_REFUSED':
      return refusals.passwordRefused
    default:
      return problems.length > 0 ? refusals.check : refusals.refused
  }
}

/** Problems whose sentence names no field, and what the application's own schema says. */
const NAMELESS: ReadonlySet<string | undefined> = new Set([undefined, 'empty', 'too_long', 'taken', 'choose'])

/** What is wrong with one field. `labels` are of fields that the application has declared. */
export function problemIn(
  texts: Texts,
  problem: FieldProblem,
  labels: ReadonlyMap<string, string> = new Map(),
): ShownProblem {
  const { field, reason } = problem
  const label = NAMELESS.has(reason) ? (labels.get(field) ?? labelOf(texts, field)) : undefined
  return { field, message: messageIn(texts, problem), label }
}

function labelOf({ fields, apiKeys }: Texts, field: string): string | undefined {
  const labels: Readonly<Record<string, string>> = {
    email: fields.email,
    username: fields.username,
    password: fields.password,
    'new-password': fields.newPassword,
    code: fields.code,
    name: apiKeys.name,
    scopes: apiKeys.scopes,
  }
  return Object.hasOwn(labels, field) ? labels[field] : undefined
}

function messageIn(
  { problems, passwordReasons }: Texts,
  { field, message, reason, limit = 0 }: FieldProblem,
): string {
  switch (reason) {
    case undefined:
      return message
    case 'empty':
      return problems.empty
    case 'too_long':
      return problems.tooLong(limit)
    case 'email':
      return problems.email
    case 'username':
      return problems.username
    case 'taken':
      return field === 'email' ? problems.emailTaken : problems.taken
    case 'same_email':
      return problems.sameEmail
    case 'invited_email':
      return problems.invitedEmail
    case 'code':
      return problems.code
    case 'passkey':
      return problems.passkey
    case 'choose':
      return problems.choose
    case 'wrong_password':
      return problems.currentPassword
    case 'wrong_registration_password':
      return problems.registrationPassword
    case 'password_too_short':
      return passwordReasons.tooShort(limit)
    case 'password_too_long':
      return passwordReasons.tooLong
    case 'password_control_characters':
      return passwordReasons.controlCharacters
    case 'password_unreadable':
      return passwordReasons.unreadable
    case 'password_own_name':
      return passwordReasons.ownName
    case 'password_service_name':
      return passwordReasons.serviceName
    case 'password_repeats':
      return passwordReasons.repeats
    case 'password_rows':
      return passwordReasons.rows
    case 'password_common':
      return passwordReasons.common
    default:
      return message
  }
}
