import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { readDeclaration } from '../../src/declaration/document.ts'
import { build, runProgram } from './built-server.ts'

let folder: string
before(() => {
  build()
  folder = mkdtempSync(join(tmpdir(), 'countersign-declaration-'))
})
after(() => rmSync(folder, { recursive: true }))

const run = (...args: string[]) => runProgram(args, { cwd: folder })

function file(name: string, content: unknown): string {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  return name
}

const SHOP = {
  scopes: { 'stock:read': 'See the stock' },
  roles: { keeper: { scopes: ['stock:read'] } },
  clients: { reports: { client_name: 'Reports', scope: 'stock:read' } },
}

test('a file is shown as a diff, applied once somebody agrees, and written out again: then nothing is to change', async () => {
  await run('migrate')
  const path = file('shop.json', SHOP)
  const dry = await run('apply', path, '--dry-run')
  assert.equal(dry.status, 3, dry.err)
  assert.match(dry.out, /^\+ +scope stock:read +sentence +– +See the stock$/m)
  assert.match(dry.out, /^\+ +client reports +client_name +– +Reports$/m)

  const unasked = await run('apply', path)
  assert.equal(unasked.status, 1)
  assert.match(unasked.err, /3 to make, 0 to change, 0 to remove[\s\S]*add --yes/)
  assert.equal((await run('apply', path, '--dry-run')).status, 3, 'nothing was done')

  const done = await run('apply', path, '--yes')
  assert.equal(done.status, 0, done.err)
  assert.match(done.out, /shown this once:\s+client +secret\s+reports +cs_client_[\w-]{43}/)

  assert.match((await run('export', 'out.json')).out, /^1 scope, 1 role and 1 client written/)
  const written = readFileSync(join(folder, 'out.json'), 'utf8')
  assert.doesNotMatch(written, /cs_client_/)
  for (const toOutput of [['export'], ['export', '-']])
    assert.deepEqual(JSON.parse((await run(...toOutput)).out), JSON.parse(written))
  for (const name of ['out.json', path]) {
    const again = await run('apply', name, '--prune', '--dry-run')
    assert.deepEqual([again.status, again.out], [0, 'nothing to change\n'], name)
  }

  const changed = file('less.json', { ...SHOP, clients: {} })
  const kept = await run('apply', changed, '--yes')
  assert.match(kept.out, /nothing to change\n\nnot in the file and left alone .*: client reports/)
  const { out, status } = await run('apply', changed, '--prune', '--yes', '--json')
  assert.equal(status, 0)
  assert.deepEqual(JSON.parse(out), {
    changes: [{ action: 'remove', kind: 'client', name: 'reports', members: [] }],
    left: [],
    applied: true,
    secrets: {},
  })
})

test('the same in YAML, by the name of the file: read, written, and its faults told with their place', async () => {
  await run('migrate')
  const yaml = [
    'scopes: { "shelf:read": See the shelves }',
    'roles:',
    '  clerk: &clerk { scopes: ["shelf:read"] }',
    '  clerk-2: *clerk',
  ].join('\n')
  const path = file('shelf.yaml', yaml)
  const { out, status, err } = await run('apply', path, '--yes', '--json')
  assert.equal(status, 0, err)
  assert.deepEqual(
    JSON.parse(out).changes.map(({ name }: { name: string }) => name),
    ['shelf:read', 'clerk', 'clerk-2'],
  )
  await run('export', 'out.yml')
  assert.match(readFileSync(join(folder, 'out.yml'), 'utf8'), /^ {2}clerk:$/m)
  const again = await run('apply', 'out.yml', '--prune', '--dry-run')
  assert.deepEqual([again.status, again.out], [0, 'nothing to change\n'])
  for (const [content, said] of [
    ['roles:\n  a: { scopes: [] }\n  a: { scopes: [x] }\n', /bad\.yaml is no YAML: .*unique.* line 3/],
    ['roles: [', /bad\.yaml is no YAML: .*line 1/],
    ['- scopes', /the file: .*an object/],
    ['roles:\n  keeper: { scopes: [x:y] }', /roles\.keeper\.scopes\.0: `x:y` is no scope/],
  ] as const) {
    const refused = await run('apply', file('bad.yaml', content), '--yes')
    assert.deepEqual([refused.status, refused.out], [1, ''], refused.err)
    assert.match(refused.err, said)
    assert.doesNotMatch(refused.err, /\n\s+at /)
  }
})

test('what is wrong with a file is said with its place, and nothing is done', async () => {
  await run('migrate')
  const cases: readonly (readonly [content: unknown, said: RegExp])[] = [
    ['{\n  "roles": {,}\n}', /not_json|is no JSON object in UTF-8/],
    ['[]', /is no JSON object/],
    ['{"scopes":{"a":"A","a":"B"}}', /two members of one name/],
    [{ roles: { keeper: { scopes: ['x:y'] } } }, /roles\.keeper\.scopes\.0: `x:y` is no scope: declare it/],
    [{ client: {} }, /client: There is no such member: write `clients`/],
  ]
  for (const [content, said] of cases) {
    const { status, err, out } = await run('apply', file('bad.json', content), '--yes')
    assert.deepEqual([status, out], [1, ''], err)
    assert.match(err, said)
    assert.doesNotMatch(err, /\n\s+at /)
  }
  assert.equal((await run('apply', 'nowhere.json')).status, 1)
})

test('the published schema takes what is taken, and refuses what is refused', () => {
  const published = JSON.parse(
    readFileSync(new URL('../../docs/declaration.schema.json', import.meta.url), 'utf8'),
  )
  const schema = z.fromJSONSchema(published)
  for (const [document, isTaken] of [
    [SHOP, true],
    [{}, true],
    [{ client: {} }, false],
    [{ clients: { shop: {} } }, false],
    [{ roles: { keeper: { scopes: 'x' } } }, false],
  ] as const) {
    assert.equal(schema.safeParse(document).success, isTaken, JSON.stringify(document))
    if (isTaken) readDeclaration(document)
    else assert.throws(() => readDeclaration(document))
  }
})
