import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
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
let site: PageSite
before(async () => {
  browser = await launchChromium()
  site = await openPageSite()
  await site.auth.users.create({
    email: 'root@example.com',
    username: 'root',
    password: PASSWORD,
    roles: ['admin'],
  })
  await site.auth.users.create({ email: 'anna@example.com', username: 'anna', password: PASSWORD })
  const refused = ['Bearer x', 'Bearer eyJhbGciOiJub25lIn0.e30.', 'Basic Og==', 'Token abc']
  for (const authorization of [undefined, undefined, undefined, ...refused])
    await fetch(`${site.issuer}/users/me`, { headers: { ...(authorization && { authorization }) } })
})
after(async () => {
  await browser?.close()
  await site?.close()
})

async function newToken(): Promise<string> {
  const user = await site.auth.users.findByLogin('anna')
  const { access_token } = await site.auth.tokens.issue({ userId: user?.id ?? '' })
  return access_token
}

async function paste(page: Page, token: string): Promise<void> {
  await page.goto(`${site.issuer}/doctor`)
  await page.fill('[name=token]', token)
  await page.click('main form button.main')
  await page.waitForSelector('#answer')
}

/** The refusals are written a moment later: asks again until they are there. */
async function openWithRefusals(page: Page): Promise<void> {
  do await page.goto(`${site.issuer}/doctor`)
  while ((await page.locator('svg.chart rect').count()) === 0)
}

const desk = { viewport: { width: 1280, height: 800 }, locale: 'en' } as const
const phone = { viewport: { width: 390, height: 844 }, locale: 'en' } as const
/** Each width, each scheme and each direction: what one of them brings does not depend on the others. */
const LOOKS: readonly (readonly [string, BrowserContextOptions])[] = [
  ['desk, light', { ...desk, colorScheme: 'light' }],
  ['phone, dark', { ...phone, colorScheme: 'dark' }],
  ['320 px, light, Arabic', { viewport: { width: 320, height: 640 }, locale: 'ar', colorScheme: 'light' }],
]
for (const [name, options] of LOOKS) {
  test(`C12: the doctor on ${name}: axe finds nothing, nothing scrolls sideways, the policy is kept`, async () => {
    await withPage(browser, options, async (page, complaints) => {
      await signIn(page, site, 'root')
      await openWithRefusals(page)
      await assertAccessible(page, `${name}: the refusals`)
      await assertNoSidewaysScroll(page, `${name}: the refusals`)
      assert.match(await page.innerText('#refusals ~ .scroll'), /HDR_MISSING/)
      const good = await newToken()
      await paste(page, good)
      await assertAccessible(page, `${name}: a good token`)
      await assertNoSidewaysScroll(page, `${name}: a good token`)
      assert.equal(await page.locator('.note.good').count(), 1)
      assert.equal(await page.locator('details[open]').count(), 0)
      await paste(page, `${good.slice(0, -9)}AAAAAAAAA`)
      await assertAccessible(page, `${name}: a forged token`)
      await assertNoSidewaysScroll(page, `${name}: a forged token`)
      assert.match(await page.innerText('.note.bad'), /SIG_WRONG_KEY/)
      assert.equal(await page.locator('details[open]').count(), 1, 'the first that fails is open')
      assert.deepEqual(complaints, [])
    })
  })
}

test('without a script: pasted, judged, and the token is neither in the address nor in the page', async () => {
  await withPage(browser, { ...desk, javaScriptEnabled: false }, async (page, complaints) => {
    await signIn(page, site, 'anna')
    const forged = `${(await newToken()).slice(0, -9)}AAAAAAAAA`
    await paste(page, `Bearer ${forged}`)
    assert.match(await page.innerText('.note.bad'), /SIG_WRONG_KEY/)
    assert.match(await page.innerText('main'), /not proven/, 'A18')
    assert.equal(page.url(), `${site.issuer}/doctor`)
    assert.equal((await page.content()).includes(forged.slice(-20)), false, 'G-6')
    await page.click('.checks summary >> nth=0')
    assert.equal(await page.locator('#refusals').count(), 0, 'G-5: refusals are for operators')
    await page.fill('[name=token]', 'nonsense-in-place-of-a-token')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.note.bad >> text=TOKEN_OPAQUE')
    assert.deepEqual(complaints, [])
  })
})
