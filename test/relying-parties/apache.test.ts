import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { ID_TOKEN_ALGORITHMS, type IdTokenAlgorithm } from '../../src/model/client.ts'
import { codeClient } from '../flows/browser.ts'
import { PASSWORD } from '../flows/issuer.ts'
import { startApache } from '../servers/apache.ts'
import type { PrivateServer } from '../servers/private-server.ts'
import { type HttpsIssuer, startHttpsIssuer } from './https-issuer.ts'
import { openWebBrowser, type WebBrowser, type WebPage } from './web-browser.ts'

/** Debian's mod_auth_openidc, unmodified: a page of Apache that nobody sees who is not signed in here. */
let issuer: HttpsIssuer
let application: Server
before(async () => {
  issuer = await startHttpsIssuer()
  // The application behind Apache shows what it is told of who asks.
  application = createServer((request, response) => {
    const told = Object.entries(request.headers).filter(([name]) => /^oidc_|^x-remote-user$/.test(name))
    response.end(JSON.stringify({ path: request.url, ...Object.fromEntries(told) }))
  }).listen(0, '127.0.0.1')
  await once(application, 'listening')
})
after(async () => {
  application?.closeAllConnections()
  application?.close()
  await issuer?.close()
})

interface Algorithms {
  /** What Apache is told. */
  readonly algorithm: IdTokenAlgorithm
  /** What the client is registered for, where that is another. */
  readonly registered?: IdTokenAlgorithm
}

async function withApache(
  { algorithm, registered = algorithm }: Algorithms,
  story: (apache: PrivateServer, clientId: string) => Promise<void>,
): Promise<void> {
  // Any port of this address: RFC 8252 section 7.3.
  const client = await codeClient(issuer, {
    redirectUris: ['http://127.0.0.1/page/back'],
    idTokenAlgorithm: registered,
  })
  const behind = (application.address() as AddressInfo).port
  const apache = await startApache({
    files: { 'issuer.pem': issuer.certificate },
    configuration: ({ folder, port }) => `
      OIDCProviderMetadataURL ${issuer.url}/.well-known/openid-configuration
      OIDCCABundlePath ${folder}/issuer.pem
      OIDCClientID ${client.id}
      OIDCClientSecret ${client.secret}
      OIDCRedirectURI http://127.0.0.1:${port}/page/back
      OIDCCryptoPassphrase ${randomBytes(24).toString('hex')}
      OIDCScope "openid profile email offline_access"
      OIDCPKCEMethod S256
      OIDCIDTokenSignedResponseAlg ${algorithm}
      OIDCRemoteUserClaim sub
      <Location /page>
        AuthType openid-connect
        Require valid-user
        RequestHeader set X-Remote-User expr=%{REMOTE_USER}
        ProxyPass http://127.0.0.1:${behind}/page
      </Location>
      <Location /open>
        Require all granted
        ProxyPass http://127.0.0.1:${behind}/open
      </Location>
    `,
  })
  try {
    await story(apache, client.id)
  } finally {
    await apache.stop()
  }
}

async function signIn(browser: WebBrowser, apache: PrivateServer): Promise<WebPage> {
  const login = await browser.open(`http://127.0.0.1:${apache.port}/page/report?x=1`)
  assert.equal(new URL(login.url).origin, issuer.url, `${login.status} ${login.text} ${apache.log()}`)
  return browser.submit(login, { username: 'alice', password: PASSWORD })
}

for (const algorithm of ID_TOKEN_ALGORITHMS) {
  test(`mod_auth_openidc, ${algorithm}: the whole code flow to a protected page, which is told who it is`, () =>
    withApache({ algorithm }, async (apache, clientId) => {
      const browser = openWebBrowser(issuer.certificate)
      const page = await signIn(browser, apache)
      assert.equal(page.status, 200, page.text + apache.log())
      const alice = await issuer.auth.users.findByLogin('alice')
      const told = JSON.parse(page.text)
      assert.equal(told.path, '/page/report?x=1', 'where they wanted to go')
      assert.equal(told['x-remote-user'], alice?.id)
      const { oidc_claim_sub, oidc_claim_iss, oidc_claim_email, oidc_claim_preferred_username } = told
      assert.deepEqual(
        [oidc_claim_sub, oidc_claim_iss, oidc_claim_email, oidc_claim_preferred_username],
        [alice?.id, issuer.url, 'alice@example.com', 'alice'],
      )
      const api = new Request(`${issuer.url}/x`, {
        headers: { authorization: `Bearer ${told.oidc_access_token}` },
      })
      assert.equal(
        (await issuer.auth.check(api, issuer.auth.signedIn)).ok,
        true,
        'and gets a token for the API',
      )

      // Signed out by the one, nobody is signed in at the other.
      const site = `http://127.0.0.1:${apache.port}`
      await issuer.auth.clients.change(clientId, { postLogoutRedirectUris: [`${site}/open/bye`] })
      const out = await browser.open(`${site}/page/back?logout=${encodeURIComponent(`${site}/open/bye`)}`)
      assert.deepEqual([out.url, out.status], [`${site}/open/bye`, 200], out.text + apache.log())
      const again = await browser.open(`${site}/page/report`)
      assert.equal(new URL(again.url).pathname, '/login')
    }))
}

test('mod_auth_openidc takes no ID token of the algorithm that it was not told of, and shows nobody the page', () =>
  withApache({ algorithm: 'RS256', registered: 'ES256' }, async (apache) => {
    const page = await signIn(openWebBrowser(issuer.certificate), apache)
    assert.equal(new URL(page.url).pathname, '/page/back')
    assert.match(page.text, /Error/)
    assert.doesNotMatch(page.text, /alice|"path"/)
  }))
