import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchChromium } from '../servers/chromium.ts'
import {
  assertAccessible,
  assertNoSidewaysScroll,
  listen,
  openPageSite,
  PASSWORD,
  type PageSite,
  signIn,
  withPage,
} from './page-site.ts'
import { addAuthenticator } from './virtual-authenticator.ts'

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'

let browser: Browser
let site: PageSite
before(async () => {
  browser = await launchChromium()
  site = await openPageSite()
})
after(async () => {
  await browser?.close()
  await site?.close()
})

/** Somebody with something on every page. */
async function newAccount(username: string): Promise<string> {
  const { auth } = site
  const { id } = await auth.users.create({
    email: `${username}.with-a-long-name@one-word-that-is-nowhere-broken.example.com`.replaceAll('-', ''),
    username,
    password: PASSWORD,
    profile: { name: 'A Name' },
  })
  await auth.sessions.start({
    userId: id,
    amr: ['pwd'],
    origin: { address: '2001:db8:85a3::8a2e:370:7334', agent: FIREFOX },
  })
  await auth.apiKeys.create({ userId: id, name: 'nightly export of everything' })
  return id
}

const OUTSIDE = ['/login', '/register', '/reset', '/verify', '/reset?token=cs_link_x', '/nothing']
const INSIDE = [
  '/account',
  '/account/username',
  '/account/password',
  '/account/email',
  '/account/profile',
  '/account/sessions',
  '/account/api-keys',
  '/account/two-step',
  '/account/two-step/app',
  '/account/applications',
  '/account/data',
  '/device',
  '/doctor',
  '/login/again',
  '/logout',
]

/** Desk and phone, light and dark, from left to right and from right to left, and as narrow as it gets. */
const LOOKS: readonly (readonly [string, BrowserContextOptions])[] = [
  ['desk, light, English', { viewport: { width: 1280, height: 800 }, locale: 'en', colorScheme: 'light' }],
  ['phone, dark, German', { viewport: { width: 390, height: 844 }, locale: 'de', colorScheme: 'dark' }],
  ['320 px, light, Arabic', { viewport: { width: 320, height: 640 }, locale: 'ar', colorScheme: 'light' }],
]

/** What axe looks at is the same in every language, and in each width. */
const axeLooksAt = (name: string) => !name.includes('Arabic')

async function look(page: Page, paths: readonly string[], told: string): Promise<void> {
  for (const path of paths) {
    await page.goto(site.issuer + path)
    if (axeLooksAt(told)) await assertAccessible(page, `${told}: ${path}`)
    await assertNoSidewaysScroll(page, `${told}: ${path}`)
    await assertFewSizes(page, `${told}: ${path}`)
  }
}

/** Nothing is set smaller than 16 px, and there are three sizes at most. */
async function assertFewSizes(page: Page, told: string): Promise<void> {
  const found: number[] = await page.evaluate(`[...new Set([...document.body.querySelectorAll('*')]
    .filter(({ childNodes }) => [...childNodes].some(({ nodeType, data }) => nodeType === 3 && data.trim() !== ''))
    .map((element) => Number.parseFloat(getComputedStyle(element).fontSize)))]`)
  assert.ok(Math.min(...found) >= 16 && found.length <= 3, `${told}: ${found.join(', ')} px`)
}

for (const [name, options] of LOOKS) {
  test(`C12: ${name}: on every page axe finds nothing, nothing scrolls sideways, and the policy is kept`, async () => {
    const username = name.replace(/\W+/g, '-').toLowerCase()
    await newAccount(username)
    await withPage(browser, options, async (page, complaints) => {
      await look(page, OUTSIDE, name)
      await page.goto(`${site.issuer}/register`)
      await page.evaluate("document.querySelector('main form').noValidate = true")
      await page.click('button.main')
      await page.waitForSelector('.errors')
      await assertAccessible(page, `${name}: with errors`)
      await assertNoSidewaysScroll(page, `${name}: with errors`)
      await signIn(page, site, username)
      await look(page, INSIDE, name)
      const language = await page.evaluate('[document.documentElement.lang, document.documentElement.dir]')
      assert.deepEqual(language, [options.locale, options.locale === 'ar' ? 'rtl' : 'ltr'])
      // The browser complains of the page that is not there itself.
      assert.deepEqual(
        complaints.filter((text) => !/status of 404/.test(text)),
        [],
      )
    })
  })
}

test('the reference of a refusal is copied by one click', async () => {
  await withPage(browser, { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
    await page.goto(`${site.issuer}/nothing`)
    const reference = await page.getAttribute('[data-id]', 'data-id')
    const copy = page.locator('[data-id] button')
    assert.equal(await copy.innerText(), `Reference: ${reference}`)
    await copy.click()
    await page.waitForSelector('text=Copied')
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), reference)
  })
})

test('without a script: a wrong password, the right one, sign out, and a new account', async () => {
  await newAccount('noscript')
  await withPage(browser, { javaScriptEnabled: false, locale: 'en' }, async (page, complaints) => {
    await page.goto(`${site.issuer}/login`)
    assert.equal(await page.locator('form[data-passkey]').isVisible(), false)
    assert.equal(await page.locator('.shown button').count(), 0, 'no button that does nothing')
    await page.fill('[name=username]', 'noscript')
    await page.fill('[name=password]', 'not the password')
    await page.click('button.main')
    await page.waitForSelector('.errors:focus')
    assert.match(await page.title(), /^Error: Sign in/)
    assert.equal(await page.inputValue('[name=username]'), 'noscript')
    assert.equal(await page.inputValue('[name=password]'), '')
    await page.fill('[name=password]', PASSWORD)
    await page.click('button.main')
    await page.waitForURL(`${site.issuer}/account`)
    await page.click('.bar button')
    await page.waitForSelector('.note')
    assert.match(await page.innerText('.note'), /You are signed out/)

    await page.click('text=Create an account')
    await page.fill('[name=email]', 'new-noscript@example.com')
    await page.fill('[name=new-password]', PASSWORD)
    await page.click('button.main')
    await page.waitForURL(`${site.issuer}/account`)
    assert.match(await page.innerText('.note'), /Your account is ready/)
    assert.deepEqual(complaints, [])
  })
})

test('by keyboard alone: in, through an error, and out; the focus can be seen at every step', async () => {
  await newAccount('keys')
  await withPage(browser, { locale: 'en', viewport: { width: 1280, height: 800 } }, async (page) => {
    const { keyboard } = page
    const focused = () =>
      page.evaluate<string>(
        'document.activeElement.name || document.activeElement.className || document.activeElement.textContent',
      )
    const assertSeen = async () => {
      const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')
      assert.equal(outline, 'solid', await focused())
    }
    await page.goto(`${site.issuer}/login`)
    await page.waitForSelector('[name=username]:focus')
    await keyboard.type('keys')
    const order = []
    for (let pressed = 0; pressed < 3; pressed++) {
      await keyboard.press('Tab')
      order.push(await focused())
      await assertSeen()
    }
    assert.deepEqual(order, ['password', 'Show', 'main'], 'reading order')
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Shift+Tab')
    await keyboard.type('wrong horse')
    await keyboard.press('Enter')
    await page.waitForSelector('.errors:focus')
    await page.focus('[name=password]')
    await keyboard.type(PASSWORD)
    await keyboard.press('Enter')
    await page.waitForURL(`${site.issuer}/account`)
    await keyboard.press('Tab')
    assert.equal(await focused(), 'skip')
    await assertSeen()
    assert.ok(await page.locator('.skip').isVisible())
    await keyboard.press('Tab')
    await keyboard.press('Tab')
    await assertSeen()
    await keyboard.press('Enter')
    await page.waitForURL(`${site.issuer}/login`)
  })
})

test('back after a sign-out shows nothing of the account', async () => {
  await newAccount('back')
  await withPage(browser, { locale: 'en' }, async (page) => {
    await signIn(page, site, 'back')
    await page.goto(`${site.issuer}/account/sessions`)
    await page.click('.bar button')
    await page.waitForURL(`${site.issuer}/login`)
    await page.goBack()
    await page.waitForSelector('[name=password]')
    assert.doesNotMatch(await page.content(), /back\.with-a-long-name/)
  })
})

test('C12: a page of another site gets none of our pages into a frame', async () => {
  const trap = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<!doctype html><iframe src="${site.issuer}/login"></iframe>`)
  })
  const port = await listen(trap)
  await withPage(browser, {}, async (page, complaints) => {
    await page.goto(`http://127.0.0.1:${port}/`)
    const frame = await page.waitForSelector('iframe')
    const inner = await frame.contentFrame()
    await inner?.waitForLoadState().catch(() => undefined)
    assert.equal(await inner?.locator('[name=password]').count(), 0)
    assert.ok(
      complaints.some((text) => /frame-ancestors/.test(text)),
      complaints.join('\n'),
    )
  })
  trap.closeAllConnections()
  trap.close()
})

test('the script shows a password, judges a new one, and sends a form once however often it is clicked', async () => {
  await withPage(browser, { locale: 'en' }, async (page, complaints) => {
    await page.goto(`${site.issuer}/register`)
    await page.fill('[name=email]', 'judged@example.com')
    const field = page.locator('[name=new-password]')
    const hint = page.locator('[data-strength-of]')
    for (const [password, told] of [
      ['short', /at least 8/],
      ['judged-and-more', /Leave out your user name/],
      ['my countersign key', /name of this service/],
      ['abcabcabc', /Do not repeat|Avoid rows/],
      ['abcdefgh12', /Avoid rows/],
      ['a fine pass', /longer one is stronger/],
      ['a fine sentence of mine', /Good/],
    ] as const) {
      await field.fill(password)
      assert.match(await hint.innerText(), told, password)
    }
    await page.click('.shown button')
    assert.equal(await field.getAttribute('type'), 'text')
    assert.equal(await page.getAttribute('.shown button', 'aria-label'), 'Hide password')
    await page.click('.shown button')
    assert.equal(await field.getAttribute('type'), 'password')

    const sent: string[] = []
    page.on('request', (request) => {
      if (request.method() === 'POST') sent.push(request.url())
    })
    await page.dblclick('button.main')
    await page.waitForURL(`${site.issuer}/account`)
    assert.equal(sent.length, 1)
    assert.deepEqual(complaints, [])
  })
})

test('a passkey is added, signs in alone, and is taken as the second step', async () => {
  await newAccount('passkeys')
  await withPage(browser, { locale: 'en' }, async (page, complaints) => {
    const devtools = await page.context().newCDPSession(page)
    const authenticatorId = await addAuthenticator(devtools, { isTouched: false })
    const touch = (enabled: boolean) =>
      devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
    await signIn(page, site, 'passkeys')
    await page.goto(`${site.issuer}/account/two-step`)
    await page.fill('[name=name]', 'my <b>laptop</b>')
    await touch(true)
    await page.click('text=Add a passkey')
    await page.waitForSelector('.secret code')
    assert.equal((await page.innerText('.secret code')).split('\n').length, 10)
    assert.match(await page.innerText('.rows'), /my <b>laptop<\/b>/)

    // After the password: the second step.
    await touch(false)
    await page.click('.bar button')
    await page.waitForURL(`${site.issuer}/login`)
    await page.fill('[name=username]', 'passkeys')
    await page.fill('[name=password]', PASSWORD)
    await page.click('button.main')
    await page.waitForURL(`${site.issuer}/login/step`)
    await assertAccessible(page, 'the second step')
    await touch(true)
    await page.click('text=Use a passkey')
    await page.waitForURL(`${site.issuer}/account`)

    // Alone.
    await touch(false)
    await page.click('.bar button')
    await page.waitForURL(`${site.issuer}/login`)
    await page.waitForSelector('form[data-passkey]')
    await touch(true)
    // The name field offers passkeys by itself: whichever of the two is first, no password was asked for.
    const signedIn = page.waitForURL(`${site.issuer}/account`)
    await Promise.race([signedIn, page.click('text=Use a passkey').catch(() => undefined)])
    await signedIn
    assert.deepEqual(complaints, [])
  })
})

test('what a first visit loads: a page, one style and one script, 20 kB together', async () => {
  await withPage(browser, {}, async (page) => {
    await page.goto(`${site.issuer}/login`, { waitUntil: 'load' })
    const loaded = await page.evaluate<{ name: string; size: number }[]>(
      `['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))
        .filter(({ initiatorType }) => initiatorType !== 'fetch')
        .map(({ name, decodedBodySize: size }) => ({ name, size }))`,
    )
    const total = loaded.reduce((sum, { size }) => sum + size, 0)
    assert.equal(loaded.filter(({ name }) => !name.includes('/icon-')).length, 3, JSON.stringify(loaded))
    assert.ok(total > 8000 && total < 20_000, JSON.stringify(loaded))
  })
})
