import { generateSigningKey } from '../keys/signing-key.ts'
import { bearer, compose, headerOf, type Idea } from './idea.ts'

/** A key pair of the attacker's own, made once: what matters is that nobody else knows it. */
let own: ReturnType<typeof generateSigningKey> | undefined

/** A good signature by the wrong key, and headers that bring the key along (RFC 8725 section 3.10). */
export const foreignKey: Idea = {
  name: 'foreign-key',
  what: "a token signed with the attacker's own key",
  requires: [],
  answer: 401,
  make: ({ claims, genuine, publicKeys = [] }) => {
    own ??= generateSigningKey('ES256')
    const key = own
    const kid = headerOf(genuine).kid ?? publicKeys[0]?.kid
    const header = { typ: 'at+jwt', alg: 'ES256' }
    const sign = (input: string) => key.sign(input)
    return [
      bearer('a key of its own', compose({ ...header, kid: key.kid }, claims, sign)),
      bearer('no kid', compose(header, claims, sign)),
      bearer('the key in the header', compose({ ...header, jwk: key.publicJwk }, claims, sign)),
      bearer('kid is a path', compose({ ...header, kid: '../../../../dev/null' }, claims, sign)),
      bearer('kid is SQL', compose({ ...header, kid: "' OR '1'='1" }, claims, sign)),
      bearer('kid is a member of every object', compose({ ...header, kid: '__proto__' }, claims, sign)),
      ...(kid === undefined ? [] : [bearer("the issuer's kid", compose({ ...header, kid }, claims, sign))]),
    ]
  },
}
