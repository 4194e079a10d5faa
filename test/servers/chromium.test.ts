import assert from 'node:assert/strict'
import { test } from 'node:test'
import { launchChromium } from './chromium.ts'

test('Chromium opens a page with a fresh profile', async (t) => {
  const browser = await launchChromium()
  t.after(() => browser.close())
  const page = await browser.newPage()
  await page.goto('data:text/html,<title>a page</title><script>document.title += " " + (1 + 1)</script>')
  assert.equal(await page.title(), 'a page 2')
  assert.deepEqual(await page.context().cookies(), [])
})
