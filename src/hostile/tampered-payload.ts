import { encodeBase64Url } from '../base/base64url.ts'
import { bearer, claimsOf, type Forgery, headerOf, type Idea } from './idea.ts'

/** A genuine signature under claims that were changed after it was made. */
export const tamperedPayload: Idea = {
  name: 'tampered-payload',
  what: 'a token whose claims were changed after it was signed',
  requires: ['genuine'],
  answer: 401,
  make: ({ genuine = '' }) => {
    const claims = claimsOf(genuine)
    const header = headerOf(genuine)
    const [headerText = '', payloadText = '', signature = ''] = genuine.split('.')
    const withClaims = (spelling: string, change: object): Forgery =>
      bearer(
        spelling,
        `${headerText}.${encodeBase64Url(JSON.stringify({ ...claims, ...change }))}.${signature}`,
      )
    return [
      withClaims('another subject', { sub: '00000000-0000-4000-8000-000000000000' }),
      withClaims('more scopes', { scope: `${String(claims.scope ?? '')} admin`.trim() }),
      withClaims('more roles', { roles: ['admin', 'root', 'superuser'] }),
      withClaims('a later end', { exp: Number(claims.exp) + 600 }),
      bearer(
        'another header',
        `${encodeBase64Url(JSON.stringify({ ...header, extra: 1 }))}.${payloadText}.${signature}`,
      ),
    ]
  },
}
