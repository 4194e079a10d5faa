import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ID_TOKEN_ALGORITHMS } from '../../src/model/client.ts'
import { CALLBACK, codeClient } from '../flows/browser.ts'
import { PASSWORD } from '../flows/issuer.ts'
import { converse } from '../servers/authlib.ts'
import { type HttpsIssuer, startHttpsIssuer } from './https-issuer.ts'
import { openWebBrowser } from './web-browser.ts'

/** Debian's python3-authlib, unmodified. */
let issuer: HttpsIssuer
let folder: string
before(async () => {
  issuer = await startHttpsIssuer()
  folder = mkdtempSync(join(tmpdir(), 'countersign-authlib-'))
  writeFileSync(join(folder, 'issuer.pem'), issuer.certificate)
})
after(async () => {
  rmSync(folder, { recursive: true, force: true })
  await issuer?.close()
})

for (const algorithm of ID_TOKEN_ALGORITHMS) {
  test(`Authlib, ${algorithm}: discovery, code and PKCE, the ID token checked, userinfo, refresh`, async () => {
    const client = await codeClient(issuer, { idTokenAlgorithm: algorithm })
    const application = converse(new URL('authlib-client.py', import.meta.url))
    try {
      application.tell({
        issuer: issuer.url,
        client_id: client.id,
        client_secret: client.secret,
        redirect_uri: CALLBACK,
        certificate: join(folder, 'issuer.pem'),
        algorithm,
      })
      const { url } = await application.hear()
      const browser = openWebBrowser(issuer.certificate)
      const login = await browser.open(String(url))
      const back = await browser.submit(login, { username: 'alice', password: PASSWORD }, CALLBACK)
      application.tell({ answer: back.url })
      const alice = await issuer.auth.users.findByLogin('alice')
      const { noes, replay, ...told } = await application.hear()
      assert.deepEqual(told, {
        sub: alice?.id,
        email: 'alice@example.com',
        turned: true,
        sub_again: alice?.id,
      })
      assert.equal(replay, 'OAuthError')
      // What it calls them is its own affair; a mistake in the script is none of them.
      for (const no of ['nonce', 'audience', 'algorithm', 'signature']) {
        assert.match(
          String((noes as Record<string, unknown>)[no]),
          /Claim|Algorithm|Signature|Key|ValueError/,
          no,
        )
      }
    } finally {
      // Whatever it waits for, it gets no more.
      await application.end()
    }
  })
}
