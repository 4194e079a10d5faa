import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { codeBlocks } from '../docs/code-blocks.ts'
import { serveByNpx } from './npx-server.ts'
import { execute, type Packed, packAndInstall, root } from './packed.ts'

const manifest: {
  name: string
  version: string
  exports: Record<string, string | { default: string }>
  peerDependencies?: Record<string, string>
  dependencies: Record<string, string>
} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** What a user can import by name: `countersign`, `countersign/node`, ... */
const doors = Object.keys(manifest.exports)
  .filter((door) => !door.endsWith('.json'))
  .map((door) => manifest.name + door.slice(1))

let packed: Packed

before(async () => {
  packed = await packAndInstall()
})
after(() => packed?.remove())

test('the package holds what is built, its documents, and nothing of the workshop', () => {
  const strange = packed.files.filter(
    (path) => !/^(dist\/|docs\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/.test(path),
  )
  assert.deepEqual(strange, [])
  assert.deepEqual(
    packed.files.filter((path) => /\.test\.|(^|\/)\.|\.tsbuildinfo$/.test(path)),
    [],
  )
  for (const path of [
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    // The program and its messages name pages of it.
    'docs/config.md',
    'docs/refusals.md',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/cli/main.js',
  ]) {
    assert.ok(packed.files.includes(path), path)
  }
})

test('there are no maps, which would lead to sources that are not in the package; what runs can be read as it is', () => {
  const dist = join(packed.project, 'node_modules', manifest.name, 'dist')
  const built = packed.files.filter((path) => path.startsWith('dist/') && !path.includes('/swagger-ui/'))
  assert.deepEqual(
    built.filter((path) => path.endsWith('.map')),
    [],
  )
  for (const path of built.filter((one) => /\.[jt]s$/.test(one))) {
    assert.doesNotMatch(readFileSync(join(dist, '..', path), 'utf8'), /sourceMappingURL/, path)
  }
  // Names, lines and comments are those of the source.
  assert.match(readFileSync(join(dist, 'guard', 'guard.js'), 'utf8'), /\/\*\*/)
})

test('the pages of the API documents come with their licence', () => {
  for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE', 'NOTICE']) {
    assert.ok(packed.files.includes(`dist/openapi/swagger-ui/${name}`), name)
  }
})

test('nothing that is built asks for a module by a pattern, which bundlers take for all that lies beside it', () => {
  const dist = join(packed.project, 'node_modules', manifest.name, 'dist')
  const asking = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js'))
    .filter((path) => /(?:import|require|load|\))\(`\.{1,2}\//.test(readFileSync(join(dist, path), 'utf8')))
  assert.deepEqual(asking, [])
})

test('publint finds nothing to say', async () => {
  const tarball = new Uint8Array(readFileSync(packed.tarball)).buffer
  const { messages } = await publint({ pack: { tarball }, strict: true })
  assert.deepEqual(
    messages.map((message) => formatMessage(message, manifest)),
    [],
  )
})

test('the types of every door resolve for every kind of importer of ES modules', async () => {
  const attw = join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js')
  await execute(root, process.execPath, attw, packed.tarball, '--profile', 'esm-only', '--no-color')
})

test('the types of a door need no package that does not come along, but the one that the door is for', () => {
  const dist = join(packed.project, 'node_modules', manifest.name, 'dist')
  const brought = Object.keys(manifest.dependencies)
  const strangersOf = (file: string, seen: Set<string>): string[] => {
    if (seen.has(file)) return []
    seen.add(file)
    const named = readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?['"]([^'"]+)['"]/g)
    return [...named].flatMap(([, name = '']) => {
      if (name.startsWith('.')) return strangersOf(join(file, '..', name.replace(/\.[jt]s$/, '.d.ts')), seen)
      const isBrought = brought.some((one) => name === one || name.startsWith(`${one}/`))
      return isBrought || name.startsWith('node:') ? [] : [name]
    })
  }
  for (const [door, target] of Object.entries(manifest.exports)) {
    if (door.endsWith('.json') || typeof target === 'string') continue
    const types = join(dist, '..', target.default.replace(/\.js$/, '.d.ts'))
    const purpose = basename(door)
    const strangers = strangersOf(types, new Set()).filter((name) => name.split('/')[0] !== purpose)
    assert.deepEqual(strangers, [], door)
  }
})

test('every door opens by import and by require, without an optional package', async () => {
  // A door whose purpose is an optional package may ask for that one, and says which.
  const optional = Object.keys(manifest.peerDependencies ?? {})
  for (const load of ['await import(door)', "createRequire(process.cwd() + '/x.js')(door)"]) {
    const program = `
      import { createRequire } from 'node:module'
      for (const door of ${JSON.stringify(doors)}) {
        try {
          if (Object.keys(${load}).length === 0) throw new Error('the door is empty')
        } catch (error) {
          const missing = /Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1]
          if (!${JSON.stringify(optional)}.includes(missing)) throw new Error(door, { cause: error })
        }
      }`
    await execute(packed.project, process.execPath, '--input-type=module', '-e', program)
  }
})

test('a strict TypeScript project compiles against every door, with the types of the frameworks alone', async () => {
  const imports = doors.map((door, index) => `import * as door${index} from '${door}'\nvoid door${index}\n`)
  // As Next.js hands requests to an application, whose types of the DOM do not say that their streams are iterable.
  const use = `import { createAuth } from 'countersign'
declare const request: Request
const auth = createAuth()
void auth.check(request, auth.signedIn)
void auth.reply(request)
void auth.fetch(request)
`
  writeFileSync(join(packed.project, 'use.ts'), use + imports.join(''))
  const ours = (...path: string[]) => join(root, 'node_modules', ...path)
  const compilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: false,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'dom', 'dom.iterable'],
    typeRoots: [ours('@types')],
    types: ['node'],
    paths: {
      express: [ours('@types', 'express')],
      fastify: [ours('fastify', 'fastify.d.ts')],
      react: [ours('@types', 'react')],
    },
  }
  writeFileSync(join(packed.project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }))
  await execute(packed.project, process.execPath, ours('typescript', 'bin', 'tsc'), '--project', '.')
})

test('the store contract of docs/testing.md runs from the installed package', async () => {
  const block = codeBlocks().find(
    ({ file, code }) => file === 'docs/testing.md' && code.includes('storeContract({'),
  )
  writeFileSync(join(packed.project, 'contract.test.ts'), block?.code ?? '')
  const said = await execute(
    packed.project,
    process.execPath,
    '--test',
    '--test-reporter=tap',
    'contract.test.ts',
  )
  assert.match(said, /^# fail 0$/m)
  assert.ok(Number(/^# pass (\d+)$/m.exec(said)?.[1]) > 50, said)
})

test('the installed command line answers', async () => {
  const said = await execute(packed.project, 'npx', '--no-install', 'countersign', 'version')
  assert.ok(said.includes(manifest.version), said)
})

test('npx countersign serve, in an empty folder: serves, signs in, keeps its data there, and stops at Ctrl-C', async (t) => {
  const server = await serveByNpx(packed)
  t.after(() => server.stop())
  const account = { email: 'alice@example.com', username: 'alice', password: 'correct horse battery' }
  const post = (path: string, body: string | URLSearchParams) =>
    fetch(server.url + path, {
      method: 'POST',
      body,
      headers: typeof body === 'string' ? { 'content-type': 'application/json' } : {},
    })
  assert.equal((await post('/register', JSON.stringify(account))).status, 201)
  const { username, password } = account
  const form = new URLSearchParams({ grant_type: 'password', username, password })
  assert.equal((await post('/token', form)).status, 200)
  assert.equal((await fetch(`${server.url}/docs`)).status, 200)
  assert.deepEqual(readdirSync(server.folder), ['data'])
  assert.ok(existsSync(join(server.folder, 'data', 'countersign.db')))
  await server.stop()
  await assert.rejects(fetch(`${server.url}/healthz`))
})

test('nothing of the package needs an install script', () => {
  const lock: { packages: Record<string, { hasInstallScript?: boolean }> } = JSON.parse(
    readFileSync(join(packed.project, 'package-lock.json'), 'utf8'),
  )
  const scripted = Object.entries(lock.packages).filter(([, entry]) => entry.hasInstallScript)
  assert.deepEqual(scripted, [])
  assert.ok(existsSync(join(packed.project, 'node_modules', manifest.name, 'dist', 'index.js')))
})
