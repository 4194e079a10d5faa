import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { proposeAccessWord, type UndeclaredRoute } from './access-word-patch.ts'

const route = (
  text: string,
  line: number | undefined,
  more: Partial<UndeclaredRoute> = {},
): UndeclaredRoute => ({
  method: 'GET',
  path: '/orders',
  file: 'app.ts',
  line,
  text,
  ...more,
})

const HEAD = (framework: string) =>
  `import { createAuth } from 'countersign'\nimport { protect } from 'countersign/${framework}'\n\nconst auth = createAuth()\nprotect(app, auth)\n\n\n`

/** The text after a diff was applied by the program that people use. */
function applied(text: string, diff: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-patch-'))
  try {
    writeFileSync(join(folder, 'app.ts'), text)
    execFileSync('git', ['apply', '-'], { cwd: folder, input: `${diff}\n` })
    return readFileSync(join(folder, 'app.ts'), 'utf8')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const DECLARED: readonly (readonly [framework: string, before: string, after: string])[] = [
  ['fastify', `app.get('/orders', () => [])`, `app.get('/orders', guard(auth.signedIn), () => [])`],
  [
    'fastify',
    `app.get('/orders', { schema }, handler)`,
    `app.get('/orders', { ...guard(auth.signedIn), schema }, handler)`,
  ],
  [
    'fastify',
    `app.route({ method: 'GET', url: '/orders', handler })`,
    `app.route({ method: 'GET', url: '/orders', ...guard(auth.signedIn), handler })`,
  ],
  [
    'express',
    `app.get("/orders", (req, res) => {`,
    `app.get("/orders", guard(auth.signedIn), (req, res) => {`,
  ],
  ['hono', `app.get('/orders', async (c) => {`, `app.get('/orders', guard(auth.signedIn), async (c) => {`],
  ['hono', `app.get(\n  '/orders',\n  list,\n)`, `app.get(\n  '/orders', guard(auth.signedIn),\n  list,\n)`],
]

for (const [framework, before, after] of DECLARED) {
  test(`${framework}: ${before.replaceAll(/\s+/g, ' ')} is given a word, and its import, by a diff that applies`, () => {
    const text = `${HEAD(framework)}${before}\n\n// the end\n`
    const diff = proposeAccessWord(route(text, 8)) ?? ''
    assert.match(diff, /^--- a\/app\.ts\n\+\+\+ b\/app\.ts\n@@ /)
    assert.equal(
      applied(text, diff),
      `${HEAD(framework).replace('{ protect }', '{ guard, protect }')}${after}\n\n// the end\n`,
    )
  })
}

test('what the issuer is called, where the route is mounted, and a line that is not known are found out', () => {
  const text = `import { guard } from 'countersign/express'\nimport express from 'express'\n\nexport const orders = express.Router()\norders.post('/all', guard(id.signedIn), list)\norders.get('/open', list)\n`
  const diff = proposeAccessWord(route(text, undefined, { path: '/v1/orders/open' }))
  assert.equal(applied(text, diff ?? ''), text.replace(`'/open', `, `'/open', guard(id.signedIn), `))
})

test('a file that does not end its last line is changed too', () => {
  for (const end of ['', '\n//', '\n\n\n\n\n//']) {
    const text = `${HEAD('hono')}app.get('/orders', list)${end}`
    const after = text
      .replace('{ protect }', '{ guard, protect }')
      .replace(', list', ', guard(auth.signedIn), list')
    assert.equal(applied(text, proposeAccessWord(route(text, 8)) ?? ''), after)
  }
})

test('nothing is proposed where it would be a guess', () => {
  for (const [text, line] of [
    ['', 1],
    [`${HEAD('fastify')}app.get('/orders', { config: { rate: 1 } }, list)`, 8],
    [`${HEAD('express')}app.route('/orders').get(list)`, 8],
    [`${HEAD('express')}app.get(path, list)`, 8],
    [`${HEAD('express')}app.get('/people', list)`, 8],
    [`${HEAD('express')}app.get('/orders', a)\napp.get('/orders', b)`, undefined],
    [`import express from 'express'\n\napp.get('/orders', list)`, 3],
  ] as const) {
    assert.equal(proposeAccessWord(route(text, line)), undefined, text.split('\n').at(-1))
  }
})
