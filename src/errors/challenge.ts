import { type Answer, answerAtRoute } from './answer.ts'
import type { ClientCode } from './client-codes.ts'
import type { Refusal } from './refusal.ts'

/** A way to authenticate that an answer can ask for. */
export type ChallengeScheme = 'Bearer' | 'Basic'

export interface ChallengeOptions {
  /** The name of what is protected, shown to people by browsers that ask for a Basic password. */
  readonly realm?: string | undefined
  /** Address of the protected resource's metadata document (RFC 9728 section 5.1). */
  readonly resourceMetadata?: string | undefined
  /** The schemes that would be accepted, most wanted first; Bearer alone unless said otherwise. */
  readonly schemes?: readonly ChallengeScheme[] | undefined
}

/** The codes of RFC 6750 section 3.1 and RFC 9470 section 3. Where nothing was sent there is none. */
const errors: Readonly<Partial<Record<ClientCode, string>>> = {
  token_malformed: 'invalid_token',
  token_expired: 'invalid_token',
  token_invalid: 'invalid_token',
  insufficient_scope: 'insufficient_scope',
  reauthentication_required: 'insufficient_user_authentication',
}

/**
 * The value of `WWW-Authenticate` for a refusal at a checked route: always with 401, with 403 where a
 * permission is missing, undefined otherwise. It says no more about the cause than the client code does.
 */
export function challengeFor(refusal: Refusal, options: ChallengeOptions = {}): string | undefined {
  const answer = answerAtRoute(refusal)
  if (answer.status !== 401 && answer.clientCode !== 'insufficient_scope') return undefined
  return (options.schemes ?? ['Bearer'])
    .map((scheme) => (scheme === 'Basic' ? basicChallenge(options.realm) : bearer(answer, refusal, options)))
    .join(', ')
}

/** A challenge of the Basic scheme (RFC 7617 section 2). */
export function basicChallenge(realm = 'countersign'): string {
  return `Basic ${parameters({ realm, charset: 'UTF-8' })}`
}

function bearer(answer: Answer, { challenge }: Refusal, options: ChallengeOptions): string {
  const error = errors[answer.clientCode]
  const values = parameters({
    realm: options.realm,
    error,
    error_description: error && answer.sentence,
    scope: tokens(challenge?.scopes),
    max_age: challenge?.maxAgeSeconds?.toFixed(0),
    acr_values: tokens(challenge?.acrValues),
    resource_metadata: options.resourceMetadata,
  })
  return values ? `Bearer ${values}` : 'Bearer'
}

function parameters(values: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(values)
    .flatMap(([name, value]) => (value ? [`${name}="${quotable(value)}"`] : []))
    .join(', ')
}

/** Printable ASCII but for quotation mark and backslash (RFC 6750 section 3): nothing can break out. */
function quotable(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '')
}

/** Names joined by spaces, each without characters that could end it (RFC 6749 appendix A.4). */
function tokens(names: readonly string[] | undefined): string | undefined {
  return names?.filter((name) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(name)).join(' ')
}
