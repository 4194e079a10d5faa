import { readBasicHeader } from '../../../src/base/basic-header.ts'
import type { JsonObject } from '../../../src/base/strict-json.ts'
import { Refusal } from '../../../src/errors/refusal.ts'
import { readPublicPart } from '../../../src/keys/jwk.ts'
import { createAccessReader } from '../../../src/tokens/read-access.ts'
import { firstOf, isMembers, kind } from '../tally.ts'

const ALGORITHMS: Readonly<Record<string, string>> = {
  RSA: 'RS256',
  OKP: 'EdDSA',
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
}

/** A key without a `kid` is named by its thumbprint (RFC 7638). */
export const thumbprints = kind<{
  readonly vectors: readonly { readonly jwk: JsonObject; readonly sha256: string }[]
}>(
  'thumbprints',
  ({ vectors }) => isMembers(firstOf(vectors).jwk) && typeof firstOf(vectors).sha256 === 'string',
  ({ vectors }, report) => {
    for (const { jwk, sha256 } of vectors) {
      const { kid: _, ...nameless } = jwk
      const alg = ALGORITHMS[String(jwk.kty)] ?? ALGORITHMS[String(jwk.crv)] ?? ''
      const { kid } = readPublicPart({ ...nameless, alg })
      report.check(sha256, kid === sha256, kid)
    }
  },
)

/** What Basic headers say. */
export const basicHeaders = kind<{
  readonly vectors: readonly { readonly user: string; readonly password: string; readonly header: string }[]
}>(
  'Basic headers',
  ({ vectors }) => String(firstOf(vectors).header).startsWith('Basic '),
  ({ vectors }, report) => {
    for (const { user, password, header } of vectors) {
      const pair = readBasicHeader(header)
      report.check(header, pair?.name === user && pair.secret === password, JSON.stringify(pair))
    }
  },
)

/** Tokens that are bound to a key are never taken as Bearer, and proofs are no access tokens. */
export const boundTokens = kind<Readonly<Record<string, unknown>>>(
  'DPoP',
  ({ boundAccessToken, tokenRequestProof }) =>
    typeof boundAccessToken === 'string' && isMembers(tokenRequestProof),
  ({ boundAccessToken, tokenRequestProof, resourceProof }, report) => {
    const { read } = createAccessReader({
      issuer: 'https://server.example.com',
      audience: 'https://resource.example.org',
      keys: () => undefined,
      clock: { now: () => 1_562_262_618_000, elapsed: () => 0 },
      maxLifetimeSeconds: 3600,
    })
    const proofs = [tokenRequestProof, resourceProof].map((proof) =>
      isMembers(proof) ? proof.proof : undefined,
    )
    for (const [index, token] of [boundAccessToken, ...proofs].entries()) {
      if (typeof token === 'string') report.check(index, read(token) instanceof Refusal, 'accepted')
    }
    report.skip('DPoP proofs are not there yet', 2)
  },
)
