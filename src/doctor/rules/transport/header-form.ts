import type { Cause } from '../../../errors/codes.ts'
import { certain } from '../../finding.ts'
import { errorOf, headerValues, requestOf } from '../../http-facts.ts'
import { hasInvisible, looksLikeJwt } from '../../pasted-token.ts'
import type { Rule } from '../../rule.ts'
import { authorization, NOTHING, scheme } from './authorization-value.ts'

/** What a token seems to be as long as something else stands in it or around it. */
const SPOILT = [
  'TOKEN_NONCANONICAL',
  'TOKEN_OPAQUE',
  'TOKEN_TRUNCATED',
  'SIG_WRONG_KEY',
] as const satisfies readonly Cause[]

export const duplicate: Rule = (facts) => {
  const received = facts.exchange && requestOf(facts.exchange)
  const values = headerValues(received, 'authorization')
  const joined = values.some((value) => /,\s*(?:bearer|basic|jwt|token|dpop)\s/i.test(value))
  if (values.length < 2 && !joined) return undefined
  return certain('HDR_DUPLICATE', {
    evidence: [
      joined && values.length < 2
        ? 'One Authorization header holds two values, joined by a comma: it was sent twice, and something on the way joined the two.'
        : `The request carries the Authorization header ${values.length} times (two fields of the same name).`,
    ],
    fix: [
      'Send the Authorization header exactly once: let a single layer add it, and remove the other one (often an interceptor or default header of the HTTP client, or a proxy that adds its own).',
      'Where both are needed, set the header instead of appending to it: `headers.set("Authorization", …)`, not `append`.',
    ],
    explains: [
      'HDR_MISSING',
      'HDR_INVISIBLE_CHAR',
      'HDR_SCHEME_MISMATCH',
      'TOKEN_NONCANONICAL',
      'TOKEN_IS_JWE',
    ],
  })
}

export const literal: Rule = (facts) => {
  const value = authorization(facts)
  const text = (value ?? facts.evidence.tokens?.[0]?.text)
    ?.replace(/^\s*(?:bearer|jwt|token|dpop):?\s*/i, '')
    .trim()
  if (text === undefined || !NOTHING.test(text)) return undefined
  return certain('HDR_LITERAL_UNDEFINED', {
    evidence: [
      `In place of a token stands the literal word \`${text}\`: the client built the header before it had a token, or read a member that the sign-in answer does not have.`,
    ],
    fix: [
      'Read `access_token` from the answer of the sign-in, and check the name of the variable or storage entry it is kept in.',
      'Wait until the sign-in (log in) has finished before the first request is sent, and send no Authorization header while there is no token.',
    ],
    explains: ['TOKEN_OPAQUE', 'HDR_MISSING', 'TOKEN_TRUNCATED', 'HDR_SCHEME_MISMATCH'],
  })
}

export const doubled: Rule = (facts) => {
  const value = authorization(facts)
  if (value === undefined || !/^\s*(?:bearer|jwt|token):?\s+(?:bearer|jwt|token):?\s/i.test(value))
    return undefined
  return certain('HDR_DOUBLE_SCHEME', {
    evidence: [
      'The scheme word stands twice before the token (`Bearer Bearer …`): the prefix was stored together with the token, or typed into a dialog that adds it by itself.',
    ],
    fix: [
      'Write the word Bearer once: store only the token, without the prefix, and add the prefix in one place.',
      'In Swagger UI paste the bare token; the Authorize dialog adds the word Bearer itself. Remove the extra one.',
    ],
    explains: ['HDR_INVISIBLE_CHAR', 'HDR_SCHEME_MISMATCH', 'TOKEN_OPAQUE', 'TOKEN_NONCANONICAL'],
  })
}

export const quoted: Rule = (facts) => {
  const text = (authorization(facts) ?? facts.evidence.tokens?.[0]?.text)
    ?.replace(/^\s*bearer\s+/i, '')
    .trim()
  if (text === undefined || !/^["'`].*["'`]$|^\{.*\}$|^["'`]|["'`]$|^b'/s.test(text)) return undefined
  if (NOTHING.test(text)) return undefined
  return certain('HDR_QUOTED_TOKEN', {
    evidence: [
      text.startsWith('{')
        ? 'A whole JSON object stands where the bare token should be.'
        : 'There are quotation marks around the token. It was probably stored with JSON.stringify (localStorage) and read back without JSON.parse.',
    ],
    fix: [
      'Remove the quotes: store the bare text of the token, or read it back with `JSON.parse` before it is put into the header (strip the quotation marks, send only what is between them).',
    ],
    explains: [...SPOILT, 'HDR_INVISIBLE_CHAR'],
  })
}

/** What is put around a token where a value is turned into a text that was not meant to be one. */
const WRAPPINGS: readonly (readonly [RegExp, string])[] = [
  [
    /^Optional\(["']?(?=eyJ)/,
    'a Swift optional was put into a text without being unwrapped (`Optional("…")`)',
  ],
  [/^\w+\([\w =]*["']?(?=eyJ)/, 'an object was put into a text whole (`Token(value=…)`)'],
  [/^[\w-]+=["']?(?=eyJ)/, 'the name of a field or cookie and its `=` stand before it'],
  [
    /(?<=eyJ[\w-]+\.[\w-]+\.[\w-]+)["']?\\[nrt]/,
    'the two characters of `\\n` stand behind it, and no line break',
  ],
  [/(?<=eyJ[\w-]+\.[\w-]+\.[\w-]+);/, 'a semicolon stands behind it, as in a cookie or a line of code'],
  [/(?<=eyJ[\w-]+\.[\w-]+\.[\w-]+),\s*$/, 'a comma stands behind it'],
]

export const wrapped: Rule = (facts) => {
  const text = (authorization(facts) ?? facts.evidence.tokens?.[0]?.text)
    ?.replace(/^\s*(?:bearer|jwt|token|dpop)\s+/i, '')
    .trim()
  const how = text === undefined ? undefined : WRAPPINGS.find(([around]) => around.test(text))?.[1]
  if (how === undefined) return undefined
  return certain('HDR_QUOTED_TOKEN', {
    evidence: [`There is more than the token in its place: ${how}.`],
    fix: [
      'Send the bare token: take the value itself (unwrap it, read the member, split the cookie) before it is put into the header.',
    ],
    explains: [...SPOILT, 'HDR_INVISIBLE_CHAR', 'HDR_NO_SCHEME', 'HDR_SCHEME_MISMATCH'],
  })
}

export const invisible: Rule = (facts) => {
  const value = authorization(facts)
  const pasted = facts.evidence.tokens?.[0]?.text
  const inHeader = value !== undefined && !facts.evidence.tokens?.length
  const text = inHeader
    ? value.replace(/^\s*\S+ /, '')
    : pasted
        ?.replace(/^[\r\n]+|[\r\n]+$/g, '')
        .replace(/^(?:authorization:\s*)?(?:bearer|jwt|token|dpop):? /i, '')
  if (text === undefined || NOTHING.test(text.trim()) || !hasInvisible(text)) return undefined
  if (inHeader && /^\w+\s+\w+:?\s+/.test(value)) return undefined
  const kind = /[\r\n]/.test(text)
    ? 'a line break (newline)'
    : /\t/.test(text)
      ? 'a tab'
      : /^ | {2}/.test(text)
        ? 'a second (double) space'
        : /^[^ ]* /.test(text) && !/[^\x21-\x7e ]/.test(text)
          ? 'a space'
          : 'an invisible character (a no-break or zero-width space, not printable)'
  return certain('HDR_INVISIBLE_CHAR', {
    evidence: [
      `Inside the value of the Authorization header stands ${kind}, which no token contains. It usually comes with copied text or from a file that ends in a line break.`,
    ],
    fix: [
      'Trim the token where it is read, and remove every white space, newline and zero-width character inside it: `token.trim()`, or copy the token again from its source.',
      'Write exactly one space between the word Bearer and the token.',
    ],
    explains: [...SPOILT, 'HDR_SCHEME_MISMATCH', 'HDR_MISSING'],
  })
}

export const noScheme: Rule = (facts) => {
  const value = authorization(facts)?.trim()
  if (value === undefined || /\s/.test(value) || NOTHING.test(value) || /^["'`{]/.test(value))
    return undefined
  if (/^(?:bearer|basic|jwt|token|dpop|digest|apikey)$/i.test(value)) return undefined
  if (!looksLikeJwt(value) && value.length < 16) return undefined
  const isGlued = /^(?:bearer|jwt|token):?eyJ/i.test(value)
  return certain('HDR_NO_SCHEME', {
    evidence: [
      isGlued
        ? 'The scheme word and the token stand together, without the space between them: read as one word, it is neither.'
        : 'The Authorization header holds the token alone, with no scheme word before it.',
    ],
    fix: [
      `Put the word ${scheme(facts)} and one space before the token: \`Authorization: ${scheme(facts)} <token>\`. This is the prefix that the server reads.`,
    ],
    explains: ['HDR_SCHEME_MISMATCH', 'HDR_MISSING', 'TOKEN_OPAQUE'],
  })
}

export const schemeMismatch: Rule = (facts) => {
  const value = authorization(facts)
  const word = value === undefined ? undefined : /^\s*([^\s]+)\s+\S/.exec(value)?.[1]
  if (word === undefined || word.toLowerCase() === scheme(facts).toLowerCase()) return undefined
  if (/^["'`{]|^eyJ/.test(word)) return undefined
  const path = facts.request?.path ?? ''
  if (/^basic$/i.test(word) && /token|introspect|revoke|oauth|login/.test(path)) return undefined
  // Whoever says what is wrong with a client has read its Basic.
  if (/^basic$/i.test(word) && errorOf(facts.exchange?.response) === 'invalid_client') return undefined
  if (/^dpop$/i.test(word) && facts.token?.claims?.cnf !== undefined) return undefined
  if (!/^[\w.:-]+$/.test(word) || looksLikeJwt(word)) return undefined
  return certain('HDR_SCHEME_MISMATCH', {
    evidence: [
      `The Authorization header begins with the scheme \`${word}\`, and this server reads \`${scheme(facts)}\`${facts.config.scheme ? '' : ' (Bearer, RFC 6750)'}. So it sees no token at all.`,
    ],
    fix: [
      `Send \`Authorization: ${scheme(facts)} <token>\`: the scheme word ${scheme(facts)}, without a colon, one space, then the token.`,
      'A client library with a scheme word of its own has a setting for it (header type, prefix, `authScheme`).',
    ],
    explains: ['HDR_MISSING', 'HDR_NO_SCHEME'],
  })
}
