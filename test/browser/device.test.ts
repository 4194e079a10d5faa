import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { launchChromium } from '../servers/chromium.ts'
import {
  assertAccessible,
  assertNoSidewaysScroll,
  openPageSite,
  PASSWORD,
  type PageSite,
  withPage,
} from './page-site.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

let browser: Browser
let site: PageSite
let clientId: string
before(async () => {
  browser = await launchChromium()
  site = await openPageSite()
  const scopes = ['offline_access', 'orders:read']
  const grants = [GRANT, 'refresh_token']
  const { client } = await site.auth.clients.create({
    name: 'Television',
    authMethod: 'none',
    grants,
    scopes,
  })
  clientId = client.id
  await site.auth.users.create({ email: 'alice@example.com', username: 'alice', password: PASSWORD })
})
after(async () => {
  await browser?.close()
  await site?.close()
})

async function post(path: string, form: Record<string, string>): Promise<Record<string, unknown>> {
  const body = new URLSearchParams({ client_id: clientId, ...form })
  return (await fetch(site.issuer + path, { method: 'POST', body })).json() as Promise<
    Record<string, unknown>
  >
}

const poll = (code: unknown) => post('/token', { grant_type: GRANT, device_code: String(code) })

const LOOKS: readonly (readonly [BrowserContextOptions, 'allow' | 'deny'])[] = [
  [{ javaScriptEnabled: false, locale: 'en', viewport: { width: 1280, height: 800 } }, 'allow'],
  [{ locale: 'de', colorScheme: 'dark', viewport: { width: 390, height: 844 } }, 'deny'],
  [{ locale: 'ar', viewport: { width: 320, height: 640 } }, 'allow'],
]

for (const [options, word] of LOOKS) {
  const script = options.javaScriptEnabled === false ? ', without a script' : ''
  test(`a device is answered (${word}) in ${options.locale}${script}; axe finds nothing`, async () => {
    const started = await post('/device_authorization', { scope: 'offline_access orders:read' })
    await withPage(browser, options, async (page, complaints) => {
      await page.goto(`${site.issuer}/device`)
      await page.fill('[name=username]', 'alice')
      await page.fill('[name=password]', PASSWORD)
      await page.click('button.main')
      await page.waitForURL(`${site.issuer}/device`)
      await page.fill('[name=user_code]', 'BBBB-BBBB')
      await page.click('button.main')
      await page.waitForSelector('.errors:focus')
      assert.equal(await page.inputValue('[name=user_code]'), 'BBBB-BBBB')
      await page.fill('[name=user_code]', String(started.user_code).toLowerCase().replace('-', ''))
      await page.click('button.main')
      await page.waitForSelector('[name=answer]')
      if (script === '') await assertAccessible(page, 'the question')
      await assertNoSidewaysScroll(page, 'the question')
      assert.equal((await poll(started.device_code)).error, 'authorization_pending')
      await page.click(`[name=answer][value=${word}]`)
      await page.waitForURL(`${site.issuer}/device`)
      await page.waitForSelector('[href="/account/applications"]')
      await assertNoSidewaysScroll(page, 'the answer')
      const answer = await poll(started.device_code)
      assert.equal(
        word === 'allow' ? typeof answer.refresh_token : answer.error,
        word === 'allow' ? 'string' : 'access_denied',
      )
      // The browser complains of the code that is unknown itself.
      assert.deepEqual(
        complaints.filter((text) => !/status of 400/.test(text)),
        [],
      )
    })
  })
}
