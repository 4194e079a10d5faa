import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import jsonwebtoken from 'jsonwebtoken'
import { silentLogger } from '../../src/base/logger.ts'
import type { AuthOptions } from '../../src/index.ts'
import { serve } from '../../src/server/serve.ts'
import { ISSUER, startIssuer, tampered, tokensOf } from '../flows/issuer.ts'
import { independentVerifiers, type Terms, type Verifier } from './independent-verifiers.ts'

/** Those that are there. */
function verifiersAt(terms: Terms): Verifier[] {
  return independentVerifiers(terms).filter((verifier) => 'verify' in verifier)
}

for (const verifier of independentVerifiers({ url: ISSUER, issuer: ISSUER, audience: ISSUER })) {
  // Its part of the proof is missing, so it is not left out in silence.
  if ('absent' in verifier) test('another program checks our tokens', { skip: verifier.absent }, () => {})
}

/** Serves an issuer until the test has ended. */
async function serveIssuer(context: TestContext, options: AuthOptions) {
  const issuer = await startIssuer(options)
  const serving = await serve({ auth: issuer.auth, host: '127.0.0.1', port: 0, logger: silentLogger })
  context.after(() => serving.stop())
  const url = `http://127.0.0.1:${serving.address.port}/.well-known/jwks.json`
  const able = ({ algorithms }: Verifier) => algorithms.includes(options.jwtAlgorithm ?? '')
  return { issuer, fresh: () => verifiersAt({ url, issuer: ISSUER, audience: ISSUER }).filter(able) }
}

/** Each accepts every token, and none that was tampered with. */
async function assertAccepted(verifiers: readonly Verifier[], tokens: readonly string[]): Promise<void> {
  assert.ok(verifiers.length >= 2)
  for (const { name, verify } of verifiers) {
    const verdicts = await verify([...tokens, ...tokens.map(tampered)])
    const expected = tokens.map(() => 'good')
    assert.deepEqual(verdicts.slice(0, tokens.length), expected, name)
    for (const verdict of verdicts.slice(tokens.length)) assert.match(verdict, /^refused: /, name)
  }
}

for (const jwtAlgorithm of ['ES256', 'RS256'] as const) {
  test(`independent verifiers accept ${jwtAlgorithm} tokens before, during and after a rotation`, async (context) => {
    const keyTimes = { cacheMilliseconds: 50, publishingMarginMilliseconds: 0, announcingMilliseconds: 10 }
    const { issuer, fresh } = await serveIssuer(context, { jwtAlgorithm, keyTimes })
    const { keys } = issuer.auth
    const { access: before } = await issuer.signUp('alice')
    await assertAccepted(fresh(), [before])
    const next = await keys.rotate()
    const during = fresh()
    await assertAccepted(during, [before])
    const isActive = async () =>
      (await keys.list()).keys.some(({ kid, phase }) => kid === next.kid && phase === 'active')
    for (let tries = 0; tries < 6000 && !(await isActive()); tries++) await wait(10)
    const { access: after } = tokensOf(await issuer.signIn('alice'))
    assert.equal(jsonwebtoken.decode(after, { complete: true })?.header.kid, next.kid)
    // Those that loaded the keys while the new one was next know it; a program that starts now knows both.
    await assertAccepted(during, [before, after])
    await assertAccepted(fresh(), [before, after])
  })
}

test('independent verifiers accept PS256 and EdDSA', async (context) => {
  for (const jwtAlgorithm of ['PS256', 'EdDSA'] as const) {
    const { issuer, fresh } = await serveIssuer(context, { jwtAlgorithm })
    await assertAccepted(fresh(), [(await issuer.signUp('alice')).access])
  }
})
