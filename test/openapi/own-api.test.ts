import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fastifySwagger from '@fastify/swagger'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { Validator } from '@seriousme/openapi-schema-validator'
import Fastify from 'fastify'
import type { Browser } from 'playwright-core'
import { guard, guardScope, protect, swaggerTransform } from '../../src/fastify.ts'
import { guardedRoute, protect as protectHono } from '../../src/hono.ts'
import { type Auth, createAuth } from '../../src/index.ts'
import { launchChromium } from '../servers/chromium.ts'
import { findFreePort } from '../servers/free-port.ts'

const PASSWORD = 'correct horse battery'
const swaggerUi = join(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'), '..')

let browser: Browser
before(async () => {
  browser = await launchChromium()
})
after(() => browser?.close())

function newAuth(issuer: string) {
  return createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    secretKey: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
    issuer,
    scopes: { 'orders:read': 'See your orders' },
    roles: { user: { scopes: ['orders:read'] } },
  })
}

interface Operation {
  readonly security?: readonly Record<string, readonly string[]>[]
  readonly responses: Record<string, { readonly content?: object }>
}

type Described = {
  readonly paths: Record<string, Record<string, Operation>>
  readonly components?: { readonly securitySchemes?: object }
}

async function checkDescription(document: Described): Promise<void> {
  const { valid, errors } = await new Validator().validate(structuredClone(document) as never)
  assert.ok(valid, JSON.stringify(errors))
  assert.deepEqual(Object.keys(document.components?.securitySchemes ?? {}), [
    'password',
    'bearer',
    'apiKey',
    'session',
    'basic',
    'ticket',
  ])
  const operation = (path: string) => document.paths[path]?.get as Operation
  assert.deepEqual(operation('/orders').security, [
    { password: ['orders:read'] },
    { bearer: [] },
    { apiKey: [] },
    { session: [] },
    { basic: [] },
  ])
  assert.deepEqual(Object.keys(operation('/orders').responses), ['200', '401', '403'])
  assert.ok('application/problem+json' in (operation('/orders').responses['401']?.content ?? {}))
  assert.deepEqual(operation('/open').security, [])
  assert.deepEqual(Object.keys(operation('/open').responses), ['200'])
}

async function openFastify(port: number, auth: ReturnType<typeof newAuth>) {
  const app = Fastify()
  protect(app, auth, { paths: { '/api-docs/*': auth.anyone } })
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Orders', version: '1.0.0' },
      components: { securitySchemes: auth.openapi.securitySchemes as never },
    },
    transform: swaggerTransform(auth) as never,
  })
  app.get('/open', guard(auth.anyone), () => 'open')
  app.get('/orders', guard(auth.needs({ scopes: ['orders:read'] })), (request) => ({
    of: request.principal.id,
  }))
  app.register(async (admin) => {
    guardScope(admin, auth.needs({ roles: ['admin'] }))
    admin.get('/admin/orders', { schema: { summary: 'All orders' } }, () => [])
  })
  app.get('/api-docs/openapi.json', { schema: { hide: true } }, () => app.swagger())
  app.get('/api-docs/page', { schema: { hide: true } }, (_request, reply) =>
    reply.type('text/html').send(PAGE),
  )
  app.get<{ Params: { file: string } }>(
    '/api-docs/files/:file',
    { schema: { hide: true } },
    async ({ params: { file } }, reply) => {
      assert.match(file, /^swagger-ui[\w-]*\.(js|css)$/)
      return reply
        .type(file.endsWith('js') ? 'text/javascript; charset=utf-8' : 'text/css')
        .send(await readFile(join(swaggerUi, file)))
    },
  )
  await app.listen({ port, host: '127.0.0.1' })
  return app
}

const PAGE = `<!doctype html><title>Orders</title><link rel="stylesheet" href="files/swagger-ui.css"><div id="api"></div>
<script src="files/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({ url: 'openapi.json', dom_id: '#api', validatorUrl: null })</script>`

test('Fastify: words describe themselves, and Authorize works by password on the application’s own page', {
  timeout: 300_000,
}, async () => {
  const port = await findFreePort()
  const issuer = `http://127.0.0.1:${port}`
  const auth = newAuth(issuer)
  const app = await openFastify(port, auth)
  const context = await browser.newContext()
  try {
    await auth.users.create({ email: 'alice@example.com', username: 'alice', password: PASSWORD })
    const document = app.swagger() as unknown as Described
    await checkDescription(document)
    const admin = document.paths['/admin/orders']?.get
    assert.ok(admin?.responses['403'], 'the word of a group describes its routes')

    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    await page.goto(`${issuer}/api-docs/page`)
    await page.click('.schemes .authorize')
    await page.fill('#oauth_username', 'alice')
    await page.fill('#oauth_password', PASSWORD)
    await page.click('[aria-label="Apply given OAuth2 credentials"]')
    await page.waitForSelector('.dialog-ux [aria-label="Remove authorization"]')
    await page.click('.dialog-ux .btn-done >> nth=0')

    await page.locator('.opblock-summary-path[data-path="/orders"]').click()
    await page.locator('.try-out__btn').click()
    const answered = page.waitForResponse(`${issuer}/orders`)
    await page.locator('.execute').click()
    assert.equal((await answered).status(), 200)
  } finally {
    await context.close()
    await app.close()
    await auth.close()
  }
})

test('Hono: the same in a description by zod', async () => {
  const auth = newAuth('http://127.0.0.1:3000')
  const app = new OpenAPIHono()
  protectHono(app, auth as unknown as Auth, { paths: { '/api-docs/*': auth.anyone } })
  const ok = { 200: { description: 'The orders.', content: { 'text/plain': { schema: z.string() } } } }
  const orders = createRoute(
    guardedRoute(auth, auth.needs({ scopes: ['orders:read'] }), {
      method: 'get',
      path: '/orders',
      responses: ok,
    }),
  )
  app.openapi(orders, (c) => c.text(c.var.principal.id))
  const open = createRoute(guardedRoute(auth, auth.anyone, { method: 'get', path: '/open', responses: ok }))
  app.openapi(open, (c) => c.text('open'))
  for (const [name, scheme] of Object.entries(auth.openapi.securitySchemes)) {
    app.openAPIRegistry.registerComponent('securitySchemes', name, scheme as never)
  }
  const info = { title: 'Orders', version: '1.0.0' }
  await checkDescription(app.getOpenAPI31Document({ openapi: '3.1.0', info }) as unknown as Described)
  assert.equal((await app.request('/orders')).status, 401)
  assert.equal((await app.request('/open')).status, 200)
  await auth.close()
})
