import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { ClientAuthMethod, ClientOffer } from '../../src/index.ts'
import { ISSUER, type TestIssuer, type Tokens } from './issuer.ts'

/** A registered client, and how it proves itself. */
export interface TestClient {
  readonly id: string
  readonly secret: string
  /** Fields and headers of a request in which the client proves itself by its own method. */
  proof(): Promise<Proof>
}

export interface Proof {
  readonly form: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}

export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** A Basic header as RFC 6749 section 2.3.1 has it: each part form-encoded first. */
export function basic(id: string, secret: string): string {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`
}

/** A key pair of which the public half can be registered. */
export async function newKey(alg = 'ES256', kid?: string) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), alg, ...(kid !== undefined && { kid }) }
  return { privateKey, jwk, alg, kid }
}

export type TestKey = Awaited<ReturnType<typeof newKey>>

/** What a good assertion says; a test changes one thing of it. */
export function assertionClaims(id: string, nowSeconds: number) {
  return {
    iss: id,
    sub: id,
    aud: ISSUER,
    iat: nowSeconds,
    exp: nowSeconds + 60,
    jti: crypto.randomUUID(),
  } as Record<string, unknown>
}

export function signAssertion(
  claims: Record<string, unknown>,
  { privateKey, alg, kid }: TestKey,
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, ...(kid && { kid }), ...header }).sign(privateKey)
}

export async function registerClient(
  { auth }: Pick<TestIssuer, 'auth'>,
  offer: Partial<ClientOffer> = {},
): Promise<TestClient> {
  const authMethod: ClientAuthMethod = offer.authMethod ?? 'client_secret_basic'
  const key = authMethod === 'private_key_jwt' ? await newKey() : undefined
  const { client, secret = '' } = await auth.clients.create({
    name: 'A client',
    ...(authMethod === 'none' && { grants: ['refresh_token'] }),
    ...(key && { keys: [key.jwk] }),
    ...offer,
  })
  const { id } = client
  return {
    id,
    secret,
    async proof() {
      if (authMethod === 'client_secret_basic')
        return { form: {}, headers: { authorization: basic(id, secret) } }
      if (authMethod === 'client_secret_post')
        return { form: { client_id: id, client_secret: secret }, headers: {} }
      if (key === undefined) return { form: { client_id: id }, headers: {} }
      const assertion = await signAssertion(assertionClaims(id, Date.now() / 1000), key)
      return { form: { client_assertion_type: JWT_BEARER, client_assertion: assertion }, headers: {} }
    },
  }
}

/** Posts a form to an OAuth endpoint as the client. */
export async function callAs(
  issuer: TestIssuer,
  client: TestClient | undefined,
  path: string,
  form: Readonly<Record<string, string>>,
) {
  const proof = (await client?.proof()) ?? { form: {}, headers: {} }
  return issuer.call('POST', path, { form: { ...form, ...proof.form }, headers: { ...proof.headers } })
}

/** Signs a user in on behalf of a client, as the application's own code may. */
export async function signInFor(issuer: TestIssuer, userId: string, client?: TestClient): Promise<Tokens> {
  const clientId = client === undefined ? {} : { clientId: client.id }
  const answer = await issuer.auth.sessions.start({ userId, amr: ['pwd'], ...clientId })
  return { access: answer.access_token, refresh: answer.refresh_token ?? '' }
}
