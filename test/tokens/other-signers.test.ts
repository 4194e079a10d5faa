import assert from 'node:assert/strict'
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { test } from 'node:test'
import { createSigner } from 'fast-jwt'
import { SignJWT } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { Refusal } from '../../src/errors/refusal.ts'
import {
  hmacVerificationKey,
  importPublicJwk,
  type VerificationKey,
} from '../../src/keys/verification-key.ts'
import { createAccessReader } from '../../src/tokens/read-access.ts'
import { AUDIENCE, accessClaims } from '../verify/stand-in.ts'

const ISSUER = 'https://issuer.example'
const algorithms = ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256', 'HS256'] as const
type Algorithm = (typeof algorithms)[number]

/** The secret half, as signers take it, and ours. All have the same `kid`, so that only the key itself tells. */
interface Pair {
  readonly algorithm: Algorithm
  readonly secret: KeyObject | Buffer
  readonly verification: VerificationKey
}
const KID = 'the-key'

function pairOf(algorithm: Algorithm, secret: KeyObject | Buffer): Pair {
  if (Buffer.isBuffer(secret)) return { algorithm, secret, verification: hmacVerificationKey(secret, KID) }
  const { kty, crv, x, y, n, e } = secret.export({ format: 'jwk' })
  const members = Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined)
  const jwk = { ...Object.fromEntries(members), alg: algorithm, kid: KID }
  return { algorithm, secret, verification: importPublicJwk(jwk) }
}

/** One RSA key serves both its algorithms: then nothing but the algorithm of the key can tell them apart. */
function pairs(): readonly Pair[] {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  return [
    pairOf('ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
    pairOf('ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey),
    pairOf('EdDSA', generateKeyPairSync('ed25519').privateKey),
    pairOf('RS256', rsa),
    pairOf('PS256', rsa),
    pairOf('HS256', randomBytes(32)),
  ]
}

const right = pairs()
const wrong = pairs()

type Sign = (claims: Record<string, unknown>, pair: Pair) => string | Promise<string>

const pemOf = (secret: KeyObject | Buffer): string | Buffer =>
  Buffer.isBuffer(secret) ? secret : secret.export({ type: 'pkcs8', format: 'pem' }).toString()

const signers: Readonly<Record<string, { readonly sign: Sign; readonly except?: Algorithm }>> = {
  jose: {
    sign: (claims, { algorithm, secret }) =>
      new SignJWT(claims).setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: KID }).sign(secret),
  },
  jsonwebtoken: {
    except: 'EdDSA',
    sign: (claims, { algorithm, secret }) =>
      jsonwebtoken.sign(claims, Buffer.isBuffer(secret) ? secret : createPrivateKey(pemOf(secret)), {
        algorithm: algorithm as jsonwebtoken.Algorithm,
        header: { alg: algorithm, typ: 'at+jwt', kid: KID },
      }),
  },
  'fast-jwt': {
    sign: (claims, { algorithm, secret }) =>
      createSigner({ key: pemOf(secret), algorithm, kid: KID, header: { alg: algorithm, typ: 'at+jwt' } })(
        claims,
      ),
  },
}

function verdict(token: string, key: VerificationKey, kid = KID): string {
  const { read } = createAccessReader({
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: (asked) => (asked === kid ? key : undefined),
    clock: { now: Date.now, elapsed: () => 0 },
    maxLifetimeSeconds: 3600,
  })
  const verdicts = [read(token), read(token), read(token)].map((outcome) =>
    outcome instanceof Refusal ? outcome.code : 'ok',
  )
  assert.equal(new Set(verdicts).size, 1, 'the same each time')
  return verdicts[0] ?? ''
}

for (const [library, { sign, except }] of Object.entries(signers)) {
  for (const pair of right.filter(({ algorithm }) => algorithm !== except)) {
    test(`A1, A3, A4: a token that ${library} signed with ${pair.algorithm}: its own key alone accepts it`, async () => {
      const token = await sign(accessClaims(ISSUER), pair)
      assert.equal(verdict(token, pair.verification), 'ok')
      assert.equal(verdict(token, pair.verification, 'another'), 'KID_UNKNOWN')
      for (const { algorithm, verification } of [...right, ...wrong]) {
        if (verification === pair.verification) continue
        const expected = algorithm === pair.algorithm ? 'SIG_WRONG_KEY' : 'ALG_MISMATCH'
        assert.equal(verdict(token, verification), expected, algorithm)
      }
    })
  }
}

test('A3, ALG_CONFUSION: a public key in any text form is no secret of a MAC', async () => {
  for (const { secret, verification } of right) {
    if (Buffer.isBuffer(secret) || !('publicJwk' in verification)) continue
    const publicKey = createPublicKey(secret)
    const texts = [
      JSON.stringify(verification.publicJwk),
      publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      JSON.stringify(publicKey.export({ format: 'jwk' })),
    ]
    for (const text of texts) {
      for (const material of [text, text.trim(), text.replaceAll('\n', '')]) {
        const token = await new SignJWT(accessClaims(ISSUER))
          .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: KID })
          .sign(Buffer.from(material))
        assert.equal(verdict(token, verification), 'ALG_MISMATCH')
      }
    }
  }
})
