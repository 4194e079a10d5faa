import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { z } from 'zod'
import { nodeListener } from '../../src/adapters/node.ts'
import { type Auth, type AuthOptions, createAuth } from '../../src/index.ts'

export const PASSWORD = 'correct horse battery'
const WAIT_MILLISECONDS = 120_000

/** An issuer with its pages, as a browser meets it. By a host name, for passkeys are bound to one. */
export interface PageSite {
  readonly issuer: string
  readonly auth: Auth
  close(): Promise<void>
}

export async function openPageSite(options: AuthOptions = {}): Promise<PageSite> {
  const server = createServer()
  const port = await listen(server)
  const issuer = `http://localhost:${port}`
  const auth = createAuth({
    databaseUrl: 'sqlite::memory:',
    secretKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
    issuer,
    logLevel: 'silent',
    // A busy machine may keep the process from looking at the revocations in time; that is not what is tried here.
    maxStalenessSeconds: 300,
    scopes: { 'orders:read': 'See your orders' },
    roles: { user: { scopes: ['profile:read', 'orders:read'] } },
    profile: z.object({
      name: z.string().max(80).optional().meta({ title: 'Your name', description: 'As others see it.' }),
      news: z.boolean().optional().meta({ title: 'Send me news' }),
      plan: z.enum(['small', 'large']).optional(),
    }),
    ...options,
  }) as unknown as Auth
  await auth.ready()
  server.on('request', nodeListener(auth))
  return {
    issuer,
    auth,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await auth.close()
    },
  }
}

export function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

/** A page that writes down whatever a strict site must not cause. */
export async function withPage(
  browser: Browser,
  options: BrowserContextOptions,
  story: (page: Page, complaints: string[]) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options)
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(WAIT_MILLISECONDS)
    page.setDefaultNavigationTimeout(WAIT_MILLISECONDS)
    const complaints: string[] = []
    await page.addInitScript(
      "addEventListener('securitypolicyviolation', (e) => console.error('policy', e.violatedDirective, e.blockedURI))",
    )
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url())
      if (protocol !== 'data:' && page.url() !== 'about:blank' && origin !== new URL(page.url()).origin) {
        complaints.push(`asked ${origin}`)
      }
    })
    await story(page, complaints)
  } finally {
    await context.close()
  }
}

export async function signIn(
  page: Page,
  { issuer }: PageSite,
  username: string,
  password = PASSWORD,
): Promise<void> {
  await page.goto(`${issuer}/login`)
  await page.fill('[name=username]', username)
  await page.fill('[name=password]', password)
  await page.click('button.main')
  await page.waitForURL(`${issuer}/account`)
}

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

/** Runs axe-core in the page; outside of its policy, which lets in no script but our own. */
export async function assertAccessible(page: Page, told: string): Promise<void> {
  await page.evaluate(AXE)
  const found = await page.evaluate<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>(
    'axe.run().then(({ violations }) => violations)',
  )
  const named = found.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join(' | ')}`,
  )
  assert.deepEqual(named, [], told)
}

/** Nothing is wider than the window. */
export async function assertNoSidewaysScroll(page: Page, told: string): Promise<void> {
  const [wide, window] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  )
  assert.ok(wide <= window, `${told}: ${wide} px in ${window} px`)
}
