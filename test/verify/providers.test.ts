import assert from 'node:assert/strict'
import { stripTypeScriptTypes } from 'node:module'
import { after, test } from 'node:test'
import { generateSigningKey } from '../../src/keys/signing-key.ts'
import type { IssuerOptions, Principal } from '../../src/verify.ts'
import { codeBlocks } from '../docs/code-blocks.ts'
import { workbench } from './asked.ts'
import { type Claims, requestWith, type StandIn, type StandInOptions, sign } from './stand-in.ts'

const { issuerOf, verifierOf, close } = workbench()
after(close)

/** The options that docs/verify.md gives for a provider, as its code says them. */
function documented(provider: string): IssuerOptions {
  const block = codeBlocks().find(({ file, words }) => file === 'docs/verify.md' && words[1] === provider)
  assert.ok(block, provider)
  const code = stripTypeScriptTypes(block.code.replace(/^import .*$/m, ''))
  let options: IssuerOptions | undefined
  new Function('createVerifier', code)((given: IssuerOptions) => {
    options = given
  })
  assert.ok(options, provider)
  return options
}

const now = Math.floor(Date.now() / 1000)

interface Provider {
  readonly standIn: StandInOptions
  /** Of a good token, beside `iss`. */
  readonly claims: Claims
  readonly header: Claims
  /** How its key set differs from ours. */
  readonly jwks?: (issuer: StandIn) => readonly unknown[]
  readonly principal: Partial<Principal>
  readonly accepted?: readonly [why: string, claims: Claims, header: Claims, principal: Partial<Principal>][]
  readonly refused: readonly [why: string, claims: Claims, header: Claims, cause: string][]
}

const stranger = generateSigningKey('RS256')
const openid = () => ({ metadata: 'openid-configuration', key: generateSigningKey('RS256') }) as const

const providers: Readonly<Record<string, Provider>> = {
  auth0: {
    standIn: { ...openid(), path: '/' },
    header: { typ: 'JWT' },
    claims: {
      sub: 'auth0|5f7c8ec7c33c6c004bbafe82',
      aud: ['https://orders.example.com', 'https://example.eu.auth0.com/userinfo'],
      iat: now,
      exp: now + 86_400,
      azp: 'my_client_id',
      scope: 'openid profile orders:read',
      'https://example.com/roles': ['manager'],
    },
    principal: {
      kind: 'user',
      id: 'auth0|5f7c8ec7c33c6c004bbafe82',
      clientId: 'my_client_id',
      scopes: ['openid', 'profile', 'orders:read'],
      roles: ['manager'],
    },
    accepted: [
      [
        'a client for itself',
        { sub: 'my_client_id@clients', gty: 'client-credentials', scope: 'orders:read' },
        {},
        { kind: 'client', id: 'my_client_id' },
      ],
    ],
    refused: [
      ['for userinfo alone', { aud: 'https://example.eu.auth0.com/userinfo' }, {}, 'AUD_WRONG_API'],
      [
        'an ID token for a client of our name',
        { aud: 'https://orders.example.com', nonce: 'n-0S6_WzA2Mj' },
        {},
        'ID_TOKEN_AS_ACCESS',
      ],
      ['a life of two days', { exp: now + 172_800 }, {}, 'TOKEN_LIFE_TOO_LONG'],
      ['without a client', { azp: undefined }, {}, 'CLAIM_MISSING'],
      ['roles as a text', { 'https://example.com/roles': 'manager' }, {}, 'CLAIM_WRONG_TYPE'],
      ['expired', { exp: now - 10 }, {}, 'TOKEN_EXPIRED'],
    ],
  },

  keycloak: {
    standIn: { ...openid(), path: '/realms/shop' },
    header: { typ: 'JWT' },
    claims: {
      exp: now + 300,
      iat: now,
      auth_time: now - 20,
      jti: 'onrtac:8d4b1f0b-2f4a-4a4c-9a4e-3a3c2b1d0e9f',
      aud: ['orders', 'account'],
      sub: '4f2c8a7e-1b3d-4c5e-9f60-7a8b9c0d1e2f',
      typ: 'Bearer',
      azp: 'web',
      sid: '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0',
      acr: '1',
      realm_access: { roles: ['offline_access', 'manager'] },
      resource_access: { account: { roles: ['view-profile'] } },
      scope: 'openid email profile',
      preferred_username: 'alice',
    },
    // Keycloak publishes a key for encryption beside the one for signatures.
    jwks: ({ key }) => [
      { ...stranger.publicJwk, kid: 'enc', use: 'enc', alg: 'RSA-OAEP' },
      { ...key.publicJwk, x5c: ['MIIC'], x5t: 'x', 'x5t#S256': 'y' },
    ],
    principal: {
      kind: 'user',
      clientId: 'web',
      roles: ['offline_access', 'manager'],
      sessionId: '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0',
      authTime: now - 20,
      scopes: ['openid', 'email', 'profile'],
    },
    accepted: [['no roles', { realm_access: undefined }, {}, { roles: [] }]],
    refused: [
      ['the default audience', { aud: 'account' }, {}, 'AUD_KEYCLOAK_ACCOUNT'],
      ['an ID token', { typ: 'ID', aud: 'orders' }, {}, 'ID_TOKEN_AS_ACCESS'],
      ['a refresh token', { typ: 'Refresh', aud: 'orders' }, {}, 'TOKEN_TYP_MISMATCH'],
      ['a token that does not say what for', { typ: undefined }, {}, 'TOKEN_TYP_MISMATCH'],
      ['roles that are no list', { realm_access: { roles: { admin: true } } }, {}, 'CLAIM_WRONG_TYPE'],
      ['the key for encryption', {}, { kid: 'enc' }, 'KID_UNKNOWN'],
    ],
  },

  cognito: {
    standIn: { ...openid(), path: '/eu-west-1_Example' },
    header: { typ: undefined },
    claims: {
      sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      'cognito:groups': ['manager'],
      version: 2,
      client_id: '4k2example',
      origin_jti: 'aaaaaaaa-0000-0000-0000-000000000001',
      event_id: 'aaaaaaaa-0000-0000-0000-000000000002',
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin orders/read',
      auth_time: now - 5,
      exp: now + 3600,
      iat: now,
      jti: 'aaaaaaaa-0000-0000-0000-000000000003',
      username: 'alice',
    },
    principal: {
      kind: 'user',
      clientId: '4k2example',
      roles: ['manager'],
      scopes: ['aws.cognito.signin.user.admin', 'orders/read'],
      tokenId: 'aaaaaaaa-0000-0000-0000-000000000003',
    },
    accepted: [
      ['the other client', { client_id: '7m3example' }, {}, { clientId: '7m3example' }],
      ['a client for itself', { sub: '4k2example' }, {}, { kind: 'client' }],
    ],
    refused: [
      ['a client that is not listed', { client_id: 'stranger' }, {}, 'AUD_WRONG_API'],
      ['an ID token', { token_use: 'id', aud: '4k2example' }, {}, 'ID_TOKEN_AS_ACCESS'],
      [
        'an ID token as it comes',
        { token_use: 'id', aud: '4k2example', at_hash: 'x', client_id: undefined },
        {},
        'ID_TOKEN_AS_ACCESS',
      ],
      ['no use', { token_use: undefined }, {}, 'TOKEN_TYP_MISMATCH'],
      ['groups as a text', { 'cognito:groups': 'admin' }, {}, 'CLAIM_WRONG_TYPE'],
    ],
  },

  entra: {
    standIn: { ...openid(), path: '/11111111-2222-3333-4444-555555555555/v2.0' },
    header: { typ: 'JWT' },
    claims: {
      aud: '66666666-7777-8888-9999-000000000000',
      iat: now,
      nbf: now,
      exp: now + 4800,
      aio: 'AWQAm/8UAAAA',
      azp: 'a1b2c3d4-0000-1111-2222-333344445555',
      azpacr: '0',
      name: 'Alice',
      oid: '9f4880d8-80ba-4c40-97bc-f7a23c703084',
      preferred_username: 'alice@example.com',
      rh: '0.AAAA',
      roles: ['Manager'],
      scp: 'Orders.Read Orders.Write',
      sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
      tid: '11111111-2222-3333-4444-555555555555',
      uti: 'fqiBqXLPj0eQa82S-IYFAA',
      ver: '2.0',
    },
    // Entra's keys do not say their algorithm.
    jwks: ({ key: { publicJwk } }) => [
      {
        ...publicJwk,
        alg: undefined,
        x5t: publicJwk.kid,
        x5c: ['MIIC'],
        issuer: 'https://login.example/v2.0',
      },
    ],
    principal: {
      kind: 'user',
      id: '9f4880d8-80ba-4c40-97bc-f7a23c703084',
      clientId: 'a1b2c3d4-0000-1111-2222-333344445555',
      scopes: ['Orders.Read', 'Orders.Write'],
      roles: ['Manager'],
      tokenId: 'fqiBqXLPj0eQa82S-IYFAA',
    },
    accepted: [
      [
        'an application for itself',
        { idtyp: 'app', scp: undefined },
        {},
        { kind: 'client', id: 'a1b2c3d4-0000-1111-2222-333344445555', scopes: [], roles: ['Manager'] },
      ],
    ],
    refused: [
      ['for Microsoft Graph', { aud: '00000003-0000-0000-c000-000000000000' }, {}, 'AUD_WRONG_API'],
      ['another algorithm of the same key', {}, { alg: 'PS256' }, 'ALG_MISMATCH'],
      ['its key as a secret', {}, { alg: 'HS256' }, 'ALG_MISMATCH'],
      ['a version 1 token', { azp: undefined, appid: 'a1b2c3d4' }, {}, 'CLAIM_MISSING'],
      ['not yet', { nbf: now + 60 }, {}, 'CLOCK_VERIFIER_BEHIND'],
      ['scopes with a space in one', { scp: ['Orders.Read admin'] }, {}, 'CLAIM_WRONG_TYPE'],
    ],
  },

  google: {
    standIn: openid(),
    header: { typ: 'JWT' },
    claims: {
      aud: 'https://orders-abc123-ew.a.run.app',
      azp: '113774264463038321964',
      email: 'caller@project.iam.gserviceaccount.com',
      email_verified: true,
      exp: now + 3600,
      iat: now,
      sub: '113774264463038321964',
    },
    principal: { kind: 'client', id: '113774264463038321964', scopes: [], roles: [] },
    accepted: [
      [
        'a person',
        { sub: '1098765', azp: '42.apps.googleusercontent.com', nonce: 'n', at_hash: 'h' },
        {},
        { kind: 'user', id: '1098765', clientId: '42.apps.googleusercontent.com' },
      ],
    ],
    refused: [
      ['for another service', { aud: 'https://other-abc123-ew.a.run.app' }, {}, 'AUD_WRONG_API'],
      ['for a client', { aud: '42.apps.googleusercontent.com' }, {}, 'AUD_WRONG_API'],
      ['without a client', { azp: undefined }, {}, 'CLAIM_MISSING'],
      ['an access token of RFC 9068', {}, { typ: 'at+jwt' }, 'TOKEN_TYP_MISMATCH'],
      ['expired', { exp: now - 10 }, {}, 'TOKEN_EXPIRED'],
    ],
  },
}

/** Shapes that every issuer's tokens are refused in, whatever its terms. */
function alwaysRefused(issuer: StandIn, { claims, header }: Provider): [string, string, string][] {
  const good = { iss: issuer.issuer, ...claims }
  const token = sign(issuer.key, good, header)
  return [
    ['another key', sign(stranger, good, { ...header, kid: issuer.key.kid }), 'SIG_WRONG_KEY'],
    ['an unknown key', sign(stranger, good, header), 'KID_UNKNOWN'],
    ['no key named', sign(issuer.key, good, { ...header, kid: undefined }), 'KID_MISSING'],
    ['no signature', `${token.slice(0, token.lastIndexOf('.'))}.`, 'TOKEN_TRUNCATED'],
    ['none', sign(issuer.key, good, { ...header, alg: 'none' }), 'ALG_NONE'],
    ['a logout token', sign(issuer.key, good, { ...header, typ: 'logout+jwt' }), 'TOKEN_TYP_MISMATCH'],
    ['bound to a key', sign(issuer.key, { ...good, cnf: { jkt: 'x' } }, header), 'DPOP_TOKEN_AS_BEARER'],
    ['no end', sign(issuer.key, { ...good, exp: undefined }, header), 'EXP_MISSING'],
    ['our name in capitals', sign(issuer.key, { ...good, iss: issuer.issuer.toUpperCase() }, header), 'ISS'],
  ]
}

for (const [name, provider] of Object.entries(providers)) {
  test(`A9, A10: ${name}: its tokens are read by the terms of docs/verify.md, and what is none is refused`, async () => {
    const issuer = await issuerOf(provider.standIn)
    issuer.publish(provider.jwks?.(issuer) ?? [issuer.key.publicJwk])
    const { verifier, verdictOn } = verifierOf({ ...documented(name), issuer: issuer.issuer })
    const tokenOf = (claims: Claims, header: Claims): string =>
      sign(
        issuer.key,
        { iss: issuer.issuer, ...provider.claims, ...claims },
        { ...provider.header, ...header },
      )

    const good: NonNullable<Provider['accepted']>[number] = ['as documented', {}, {}, provider.principal]
    for (const [why, claims, header, principal] of [good, ...(provider.accepted ?? [])]) {
      const token = tokenOf(claims, header)
      for (let time = 0; time < 3; time++) {
        const checked = await verifier.check(requestWith(token), verifier.signedIn)
        assert.ok(checked.ok, `${why}: ${await verdictOn(token)}`)
        for (const [member, value] of Object.entries(principal)) {
          assert.deepEqual(checked.principal[member as keyof Principal], value, `${why}: ${member}`)
        }
        assert.match(checked.principal.tokenId, /./)
      }
    }
    for (const [why, claims, header, cause] of provider.refused) {
      assert.equal(await verdictOn(tokenOf(claims, header)), cause, why)
    }
    for (const [why, token, cause] of alwaysRefused(issuer, provider)) {
      const verdict = await verdictOn(token)
      assert.ok(verdict.startsWith(cause), `${why}: ${verdict}`)
    }
  })
}

test('A9: all of them at once, and none with the key of another', async () => {
  const served = await Promise.all(
    Object.entries(providers).map(async ([name, provider]) => {
      const issuer = await issuerOf(provider.standIn)
      issuer.publish(provider.jwks?.(issuer) ?? [issuer.key.publicJwk])
      return { provider, issuer, options: { ...documented(name), issuer: issuer.issuer } }
    }),
  )
  const { verdictOn } = verifierOf({ issuers: served.map(({ options }) => options) })
  for (const { provider, issuer } of served) {
    for (const { issuer: signer } of served) {
      const token = sign(signer.key, { iss: issuer.issuer, ...provider.claims }, provider.header)
      assert.equal(await verdictOn(token), signer === issuer ? 'ok' : 'KID_UNKNOWN')
    }
  }
})

test('a token without an id has the same one each time, and no other token has it', async () => {
  const issuer = await issuerOf(providers.google?.standIn)
  const { verifier } = verifierOf({ ...documented('google'), issuer: issuer.issuer })
  const idOf = async (claims: Claims): Promise<string> => {
    const token = sign(
      issuer.key,
      { iss: issuer.issuer, ...providers.google?.claims, ...claims },
      { typ: 'JWT' },
    )
    const checked = await verifier.check(requestWith(token), verifier.signedIn)
    assert.ok(checked.ok)
    return checked.principal.tokenId
  }
  const ids = [await idOf({}), await idOf({}), await idOf({ exp: now + 3599 })]
  assert.equal(ids[0], ids[1])
  assert.notEqual(ids[0], ids[2])
})
