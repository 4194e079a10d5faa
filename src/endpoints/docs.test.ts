import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { checkOptions } from '../config/resolve.ts'
import { type Auth, createAuth } from '../index.ts'

const ISSUER = 'http://127.0.0.1:8000'
const FILES = ['docs.js', 'docs.css', 'icon.svg', 'swagger-ui-bundle.js', 'swagger-ui.css']
const secretKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')

let auth: Auth
const opened: Auth[] = []

async function open(docs: 'open' | 'closed', issuer = ISSUER): Promise<Auth> {
  const one = createAuth({
    logLevel: 'silent',
    databaseUrl: 'sqlite::memory:',
    secretKey,
    issuer,
    docs,
  }) as unknown as Auth
  opened.push(one)
  await one.ready()
  return one
}

function get(path: string, { headers = {}, method = 'GET', from = auth, origin = ISSUER } = {}) {
  return from.fetch(new Request(origin + path, { method, headers }), { listensOn: '127.0.0.1' })
}

before(async () => {
  auth = await open('open')
})
after(() => Promise.all(opened.map((one) => one.close())))

test('G-17: closed documents look like no documents', async () => {
  const closed = await open('closed')
  const strip = (body: unknown) => {
    const { reference: _, instance: __, ...rest } = z.looseObject({ code: z.string() }).parse(body)
    return rest
  }
  const absent = await get('/nothing-here', { from: closed })
  const expected = strip(await absent.json())
  for (const path of ['/docs', '/openapi.json', ...FILES.map((name) => `/docs/${name}`)]) {
    const response = await get(path, { from: closed })
    assert.equal(response.status, 404, path)
    assert.deepEqual(strip(await response.json()), expected, path)
    assert.equal(response.headers.get('etag'), null)
  }
})

test('G-17: documents are open in development only, unless a setting says otherwise', () => {
  const production = { issuer: 'https://id.example.com', secretKey }
  assert.equal(checkOptions(production).settings.docs, 'closed')
  assert.equal(checkOptions({ ...production, docs: 'open' }).settings.docs, 'open')
  assert.equal(checkOptions({ issuer: ISSUER }).settings.docs, 'open')
})

test('C12: the page allows only its own files, no frame, no inline script', async () => {
  const response = await get('/docs')
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.equal(response.headers.get('referrer-policy'), 'no-referrer')
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  const policy = response.headers.get('content-security-policy')?.split('; ') ?? []
  for (const directive of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]) {
    assert.ok(policy.includes(directive), directive)
  }
  const page = await response.text()
  assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=|https?:|<script(?![^>]* src=)/i)
  assert.match(page, /<noscript>.*openapi\.json/s)
  assert.ok(page.length < 20_000)
})

test('every file of the page is there, and the page names no other', async () => {
  const page = await (await get('/docs')).text()
  const named = [...page.matchAll(/(?:src|href)="docs\/([^"]+)"/g)].map(([, name]) => name)
  assert.deepEqual([...new Set(named)].sort(), [...FILES].sort())
  const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' }
  for (const name of FILES) {
    const response = await get(`/docs/${name}`)
    assert.equal(response.status, 200, name)
    assert.equal(
      response.headers.get('content-type'),
      Object.entries(types).find(([end]) => name.endsWith(end))?.[1],
    )
    const own = Buffer.from(await response.arrayBuffer())
    assert.ok(own.length > 100)
    if (!name.startsWith('swagger-ui')) continue
    const original = await readFile(fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`)))
    assert.ok(own.equals(original), name)
  }
})

test('no name leads out of the closed list', async () => {
  for (const name of [
    'index.html',
    'swagger-ui.js',
    'swagger-ui-bundle.js.map',
    'SWAGGER-UI.CSS',
    'swagger-ui.css%00',
    '..%2fpackage.json',
    '..%2f..%2fpackage.json',
    '%2e%2e%2fpackage.json',
    '..%5cpackage.json',
    '%2fetc%2fpasswd',
    'constructor',
    '__proto__',
    'toString',
    '%',
    '',
  ]) {
    const response = await get(`/docs/${name}`)
    assert.equal(response.status, 404, name)
  }
})

test('whoever has the content already is told so, and nobody else', async () => {
  for (const path of ['/openapi.json', '/docs', '/docs/docs.js', '/docs/swagger-ui.css']) {
    const first = await get(path)
    await first.arrayBuffer()
    const tag = first.headers.get('etag') ?? ''
    assert.match(tag, /^"[\w-]{22}"$/)
    assert.equal(first.headers.get('cache-control'), 'no-cache')
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const again = await get(path, { headers: { 'if-none-match': known } })
      assert.equal(again.status, 304, `${path} ${known}`)
      assert.equal(again.headers.get('etag'), tag)
      assert.equal(await again.text(), '')
    }
    for (const unknown of ['"other"', tag.slice(1, -1), '', '"*"']) {
      const again = await get(path, { headers: { 'if-none-match': unknown } })
      assert.equal(again.status, 200, `${path} ${unknown}`)
      await again.arrayBuffer()
    }
    const head = await get(path, { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.equal(head.headers.get('etag'), tag)
    assert.equal(await head.text(), '')
  }
})

test('C18: the description is that of the issuer, whatever host the request names', async () => {
  const expected = await (await get('/openapi.json')).text()
  assert.equal(JSON.parse(expected).servers[0].url, ISSUER)
  const spoofed = await get('/openapi.json', {
    origin: 'http://evil.example',
    headers: { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' },
  })
  assert.equal(await spoofed.text(), expected)
})

test('two issuers in one process describe themselves', async () => {
  const other = await open('open', 'http://127.0.0.1:9000/auth')
  const text = await (await get('/openapi.json', { from: other })).text()
  assert.ok(text.includes('http://127.0.0.1:9000/auth/token'))
  assert.ok(!text.includes(ISSUER))
})

test('other methods are refused', async () => {
  for (const path of ['/docs', '/openapi.json', '/docs/docs.js']) {
    const response = await get(path, { method: 'POST' })
    assert.equal(response.status, 405)
    assert.equal(response.headers.get('allow'), 'GET')
  }
})
