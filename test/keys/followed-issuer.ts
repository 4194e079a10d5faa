import assert from 'node:assert/strict'
import { silentLogger } from '../../src/base/logger.ts'
import { AuthError } from '../../src/errors/auth-error.ts'
import { createRemoteJwks, type RemoteJwksOptions } from '../../src/keys/remote-jwks.ts'
import { generateSigningKey } from '../../src/keys/signing-key.ts'
import { createHandClock } from '../revocation/hand-clock.ts'

export const ISSUER = 'https://issuer.example'
export const METADATA = `${ISSUER}/.well-known/oauth-authorization-server`
export const OPENID = `${ISSUER}/.well-known/openid-configuration`
export const SET = `${ISSUER}/keys`

export const first = generateSigningKey('ES256')
export const second = generateSigningKey('EdDSA')

export type Answer = unknown | Response | Error

/** An issuer's documents, which a test changes, whoever follows its keys, and the addresses that were asked. */
export function bench(options: Partial<RemoteJwksOptions> = {}) {
  const hand = createHandClock()
  const pages: Record<string, () => Answer> = {
    [METADATA]: () => ({ issuer: ISSUER, jwks_uri: SET }),
    [SET]: () => ({ keys: [first.publicJwk] }),
  }
  const asked: string[] = []
  const jwks = createRemoteJwks({
    issuer: ISSUER,
    clock: hand.clock,
    schedule: hand.schedule,
    logger: silentLogger,
    fetch: async (input, init) => {
      const address = String(input)
      asked.push(address)
      assert.equal(init?.redirect, 'manual')
      const answer = await pages[address]?.()
      if (answer instanceof Error) throw answer
      if (answer instanceof Response) return answer
      return answer === undefined ? new Response('', { status: 404 }) : Response.json(answer)
    },
    ...options,
  })
  const countOf = (address: string): number => asked.filter((one) => one === address).length
  return { hand, pages, asked, jwks, countOf }
}

/** Why the start failed. */
export async function whyNot(jwks: { start(): Promise<void> }): Promise<string> {
  const error: unknown = await jwks.start().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof AuthError && error.code === 'JWKS_UNREACHABLE', String(error))
  return String(error.refusal.details.why)
}
