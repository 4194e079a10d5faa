import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { CLIENT_ID, CLIENT_SECRET, type OddProvider, startOddProvider } from '../flows/provider-stand-ins.ts'
import { launchChromium } from '../servers/chromium.ts'
import {
  assertAccessible,
  assertNoSidewaysScroll,
  openPageSite,
  PASSWORD,
  type PageSite,
  signIn,
  withPage,
} from './page-site.ts'

let browser: Browser
let provider: OddProvider
let site: PageSite
before(async () => {
  browser = await launchChromium()
  provider = await startOddProvider()
  site = await openPageSite({
    providers: {
      work: {
        clientId: CLIENT_ID,
        clientSecret: CLIENT_SECRET,
        clientAuthentication: 'post',
        name: 'Work',
        issuer: provider.url,
      },
    },
  })
})
after(async () => {
  await browser?.close()
  await site?.close()
  await provider?.close()
})

test('D1: somebody comes by a provider of another site: led there and back, or back by a form as Apple does it', () =>
  withPage(browser, {}, async (page) => {
    for (const postsBack of [false, true]) {
      provider.postsBack = postsBack
      provider.claims = {
        sub: `person ${postsBack}`,
        email: `person-${postsBack}@example.com`,
        name: 'A Person',
      }
      await page.context().clearCookies()
      await page.goto(`${site.issuer}/login`)
      await assertAccessible(page, '/login')
      await page.getByRole('link', { name: 'Continue with Work' }).click()
      if (postsBack) await page.getByRole('button', { name: 'Go on' }).click()
      await page.waitForURL(`${site.issuer}/account`)
      await page.getByText(`person-${postsBack}@example.com`).first().waitFor()
      const cookies = (await page.context().cookies()).map(({ name }) => name)
      assert.ok(!cookies.some((name) => name.includes('-with-')), cookies.join())
    }
  }))

test('an account is connected and removed under /account, by forms that the policy of the page lets through', () =>
  withPage(browser, { viewport: { width: 320, height: 640 } }, async (page) => {
    provider.postsBack = false
    provider.claims = { sub: 'alias', email: 'alias@example.com' }
    await site.auth.users.create({ email: 'alice@example.com', username: 'alice', password: PASSWORD })
    await signIn(page, site, 'alice')
    await page.goto(`${site.issuer}/account/connections`)
    await assertAccessible(page, '/account/connections')
    await page.getByRole('button', { name: 'Connect Work' }).click()
    await page.getByText('It is connected').waitFor()
    await page.getByText('alias@example.com').waitFor()
    await assertNoSidewaysScroll(page, '/account/connections')
    await page.getByRole('button', { name: 'Remove the connection: Work' }).click()
    await page.getByText('It is removed').waitFor()
    assert.equal(await page.getByText('alias@example.com').count(), 0)
  }))
