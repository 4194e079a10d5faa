import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { claimsOf, PASSWORD } from './issuer.ts'
import { newVisitor } from './page-visitor.ts'
import { startServedIssuer } from './served-issuer.ts'
import { registerClient } from './test-clients.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const insecure = { [oauth.allowInsecureRequests]: true } as const

const served = await startServedIssuer()
const { issuer, url } = served
after(served.close)
before(async () => {
  await issuer.auth.users.create({ email: 'alice@example.com', username: 'alice', password: PASSWORD })
})

const television = () =>
  registerClient(issuer, {
    name: 'Television',
    authMethod: 'none',
    grants: [GRANT, 'refresh_token'],
    scopes: ['openid', 'offline_access', 'profile:read'],
  })

/** What alice does with the address that the device shows as a picture. */
async function letIn(address: string, answer: 'allow' | 'deny'): Promise<void> {
  const visitor = newVisitor(issuer, '127.0.0.1', url)
  const { pathname, search } = new URL(address)
  const login = await visitor.follow(pathname + search)
  const question = await visitor.submitFrom(login, '/login', { username: 'alice', password: PASSWORD })
  await visitor.submitFrom(question, '/device/answer', { answer })
}

test('openid-client: discovery, a device code, polling at its own pace, an ID token and a refresh', async () => {
  const client = await television()
  const config = await openid.discovery(new URL(url), client.id, {}, openid.None(), {
    execute: [openid.allowInsecureRequests],
  })
  const started = await openid.initiateDeviceAuthorization(config, {
    scope: 'openid offline_access profile:read',
  })
  await letIn(started.verification_uri_complete ?? '', 'allow')
  const tokens = await openid.pollDeviceAuthorizationGrant(config, started)
  assert.equal(tokens.claims()?.sub, claimsOf(tokens.access_token).sub)
  const turned = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
  assert.ok(turned.access_token)

  const refused = await openid.initiateDeviceAuthorization(config, { scope: 'openid' })
  await letIn(refused.verification_uri_complete ?? '', 'deny')
  // The pace is the device's own to choose, and after an answer nobody is told to slow down.
  await assert.rejects(openid.pollDeviceAuthorizationGrant(config, { ...refused, interval: 0.01 }), {
    error: 'access_denied',
  })
})

test('oauth4webapi: pending, slow down and tokens, each as RFC 8628 section 3.5 has it', async () => {
  const client = await television()
  const identifier = new URL(url)
  const as = await oauth.processDiscoveryResponse(
    identifier,
    await oauth.discoveryRequest(identifier, { ...insecure, algorithm: 'oauth2' }),
  )
  const me: oauth.Client = { client_id: client.id }
  const asked = await oauth.deviceAuthorizationRequest(
    as,
    me,
    oauth.None(),
    { scope: 'profile:read' },
    insecure,
  )
  const started = await oauth.processDeviceAuthorizationResponse(as, me, asked)
  const poll = async () =>
    oauth.processDeviceCodeResponse(
      as,
      me,
      await oauth.deviceCodeGrantRequest(as, me, oauth.None(), started.device_code, insecure),
    )
  await assert.rejects(poll(), { error: 'authorization_pending', status: 400 })
  await assert.rejects(poll(), { error: 'slow_down', status: 400 })
  await letIn(started.verification_uri_complete ?? '', 'allow')
  const tokens = await poll()
  assert.equal(claimsOf(tokens.access_token).scope, 'profile:read')
  await assert.rejects(poll(), { error: 'invalid_grant' })
})
