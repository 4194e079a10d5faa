/** Names and values of headers; each name stands once. */
export type HeaderValues = Readonly<Record<string, string>>

/** How the answer reaches people: `https` as the configured issuer says, never as the request claims. */
export interface HeaderOptions {
  readonly https: boolean
}

/** Directives of a content security policy, as far as a page needs more than the standard ones. */
export type PolicyDirectives = Readonly<Record<string, readonly string[]>>

/**
 * For every answer that depends on who is asking, or that starts or ends a session (RFC 6749 section 5.1,
 * C15).
 */
export const noStore: HeaderValues = Object.freeze({ 'Cache-Control': 'no-store', Pragma: 'no-cache' })

/** Headers of an answer that is data: a browser that opens it must neither run, frame nor guess it. */
export function apiHeaders(options: HeaderOptions): HeaderValues {
  return {
    ...commonHeaders(options),
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  }
}

/**
 * Headers of a page: own style sheet, script and images, nothing inline, nothing from elsewhere, never in a
 * frame. `more` adds or widens directives of one page, for instance `form-action` for the address a sign-in
 * leads back to.
 */
export function pageHeaders(options: HeaderOptions, more: PolicyDirectives = {}): HeaderValues {
  return { ...commonHeaders(options), 'Content-Security-Policy': pagePolicy(more) }
}

/** Two years. Not for sub-domains, which may belong to others; a proxy that knows better can say so. */
const strictTransport = 'max-age=63072000'

function commonHeaders({ https }: HeaderOptions): HeaderValues {
  return {
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    ...(https && { 'Strict-Transport-Security': strictTransport }),
  }
}

const page: PolicyDirectives = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'form-action': ["'self'"],
}

/** What no page may widen (C12). */
const fixed: PolicyDirectives = {
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"],
}

function pagePolicy(more: PolicyDirectives): string {
  const widened = Object.entries(more).map(([name, sources]): [string, readonly string[]] => [
    name,
    [...(page[name] ?? []), ...sources],
  ])
  return Object.entries({ ...page, ...Object.fromEntries(widened), ...fixed })
    .map(([name, sources]) => [directivePart(name), ...sources.map(directivePart)].join(' '))
    .join('; ')
}

/**
 * A value that could end its directive is a fault of ours: better no page than one with a policy of
 * somebody else.
 */
function directivePart(text: string): string {
  if (!/^[\x21-\x2b\x2d-\x3a\x3c-\x7e]+$/.test(text))
    throw new RangeError('not a part of a content security policy')
  return text
}
