import type { Cause } from '../../errors/codes.ts'

/** Codes of the library for an answer that is wrong, and not merely missing. */
const WRONG_ANSWERS: readonly unknown[] = [
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_RESPONSE_BODY_ERROR',
  'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
  'OAUTH_UNSUPPORTED_OPERATION',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_KEY_SELECTION_FAILED',
  'OAUTH_JWT_USERINFO_EXPECTED',
]

interface Failed {
  readonly cause: Extract<Cause, 'NONCE_MISMATCH' | 'PROVIDER_ANSWER_REFUSED' | 'PROVIDER_UNAVAILABLE'>
  /** In words without anything of what was answered. */
  readonly why: string
}

/** What an error on the way to a provider and back comes to: an answer that is refused, or none. */
export function whyFailed(error: unknown): Failed {
  const { code, error: name, status, cause } = (error ?? {}) as Readonly<Record<string, unknown>>
  const why = wordsOf(error)
  if (!WRONG_ANSWERS.includes(code)) return { cause: 'PROVIDER_UNAVAILABLE', why }
  const isNonce = (cause as { readonly claim?: unknown } | undefined)?.claim === 'nonce'
  if (isNonce) return { cause: 'NONCE_MISMATCH', why }
  if (typeof status === 'number' && status >= 500)
    return { cause: 'PROVIDER_UNAVAILABLE', why: `status ${status}` }
  const named = typeof name === 'string' && /^[a-z_]{1,60}$/.test(name) ? `${why}: ${name}` : why
  return { cause: 'PROVIDER_ANSWER_REFUSED', why: named }
}

function wordsOf(error: unknown): string {
  // That of JSON quotes the text that is none.
  if (error instanceof SyntaxError) return 'no JSON'
  return error instanceof Error ? error.message.slice(0, 200) : 'failed'
}
