import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { checkTree } from './tidiness.ts'
import { findLooseEnds, findMachinePaths, machinePlaces } from './tracked-text.ts'

type Tree = Readonly<Record<string, string>>

/** A small tree in which all is well: a door, a program, a layer below and a test. */
const GOOD: Tree = {
  'package.json': JSON.stringify({
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    bin: { small: './dist/cli/main.js' },
  }),
  'src/index.ts': "export { guard } from './guard/guard.ts'\n",
  'src/cli/main.ts': "import { guard } from '../index.ts'\nguard()\n",
  'src/guard/guard.ts': "import { clock } from '../base/clock.ts'\nexport const guard = clock\n",
  'src/base/clock.ts': 'export const clock = () => 0\n',
  'src/base/clock.test.ts': "import { clock } from './clock.ts'\nclock()\n",
}

function plant(t: TestContext, tree: Tree): string {
  const root = mkdtempSync(join(tmpdir(), 'countersign-tidy-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

const problemsOf = (t: TestContext, change: Tree) => checkTree(plant(t, { ...GOOD, ...change })).problems

test('a tidy tree has no problems and no notices', (t) => {
  assert.deepEqual(checkTree(plant(t, GOOD)), { problems: [], notices: [] })
})

test('an import upwards is found, whatever its form', (t) => {
  const forms = [
    "import { guard } from '../guard/guard.ts'\nguard()\n",
    "import type { Guard } from '../guard/guard.ts'\n",
    "import {\n  guard,\n} from '../guard/guard.ts'\n",
    "export * from '../guard/guard.ts'\n",
    "import '../guard/guard.ts'\n",
    "const load = () => import('../guard/guard.ts')\n",
    "type Guard = typeof import('../guard/guard.ts')\n",
  ]
  for (const form of forms) {
    const problems = problemsOf(t, {
      'src/guard/guard.ts': 'export const guard = 1\n',
      'src/base/clock.ts': form,
    })
    const expected = 'src/base/clock.ts imports upwards: src/guard/guard.ts'
    assert.ok(problems.includes(expected), `${form}: ${problems}`)
  }
})

test('what only looks like an import is none', (t) => {
  const clock = [
    "// import { guard } from '../guard/guard.ts'",
    "/**\n * import { guard } from '../guard/guard.ts'\n */",
    "export const clock = () => 'from ../guard/guard.ts' // see import('../guard/guard.ts')",
    '',
  ].join('\n')
  assert.deepEqual(problemsOf(t, { 'src/base/clock.ts': clock }), [])
})

test('a store driver may use the contract, the contract not a driver', (t) => {
  const tree = {
    'src/index.ts': "export * from './store/sqlite/open.ts'\nexport * from './guard/guard.ts'\n",
    'src/store/sqlite/open.ts': "import '../store.ts'\n",
    'src/store/store.ts': 'export {}\n',
  }
  assert.deepEqual(problemsOf(t, tree), [])
  const turned = {
    ...tree,
    'src/store/sqlite/open.ts': 'export {}\n',
    'src/store/store.ts': "import './sqlite/open.ts'\n",
  }
  assert.deepEqual(
    problemsOf(t, { ...turned, 'src/guard/guard.ts': "import '../store/store.ts'\n" }).slice(0, 1),
    ['src/store/store.ts imports upwards: src/store/sqlite/open.ts'],
  )
})

test('a folder without a layer, an import out of src and an import of a test are found', (t) => {
  const problems = problemsOf(t, {
    'src/guard/guard.ts':
      "import '../odd/odd.ts'\nimport '../../test/x.ts'\nimport '../base/clock.test.ts'\n",
    'src/odd/odd.ts': 'export {}\n',
    'test/x.ts': 'export {}\n',
  })
  assert.deepEqual(problems.slice(0, 3), [
    'src/odd has no layer: give it one in scripts/tidy/layers.ts',
    'src/guard/guard.ts imports test/x.ts, which is not part of the product',
    'src/guard/guard.ts imports a test, src/base/clock.test.ts',
  ])
})

test('circles are found between files and between folders of one layer', (t) => {
  assert.deepEqual(
    problemsOf(t, {
      'src/guard/guard.ts': "import './other.ts'\nimport '../base/clock.ts'\n",
      'src/guard/other.ts': "import type { guard } from './guard.ts'\n",
    }),
    ['files import one another in a circle: src/guard/guard.ts, src/guard/other.ts'],
  )
  assert.deepEqual(
    problemsOf(t, {
      'src/guard/guard.ts': "import '../grants/grant.ts'\nimport '../base/clock.ts'\n",
      'src/guard/word.ts': 'export {}\n',
      'src/grants/grant.ts': "import '../guard/word.ts'\n",
    }),
    ['parts of src import one another in a circle: grants, guard'],
  )
})

test('the verify-only door loads no store, login or server, but may name their types', (t) => {
  const tree = {
    'package.json': JSON.stringify({ exports: { '.': './dist/index.js', './verify': './dist/verify.js' } }),
    'src/index.ts': "export * from './cli/main.ts'\n",
    'src/cli/main.ts': "import '../guard/guard.ts'\n",
    'src/store/store.ts': 'export {}\n',
    'src/verify.ts': "export * from './tokens/check.ts'\n",
  }
  const withCheck = (text: string) => problemsOf(t, { ...tree, 'src/tokens/check.ts': text })
  const loading = "import '../store/store.ts'\n"
  const naming = "import type { Store } from '../store/store.ts'\n"
  assert.ok(withCheck(loading).includes('src/verify.ts loads src/store/store.ts'))
  assert.ok(!withCheck(naming).some((problem) => problem.includes('verify.ts')))
})

test('dead files are found, and files that only tests reach are named', (t) => {
  const root = plant(t, {
    ...GOOD,
    'src/base/dead.ts': 'export {}\n',
    'src/base/half.ts': 'export {}\n',
    'src/base/half.test.ts': "import './half.ts'\n",
    'scripts/old/lost.ts': 'export {}\n',
    'scripts/new/main.ts': "import './used.mjs'\n",
    'scripts/new/used.mjs': 'export {}\n',
  })
  assert.deepEqual(checkTree(root), {
    problems: ['nothing reaches src/base/dead.ts', 'nothing reaches scripts/old/lost.ts'],
    notices: ['only tests reach src/base/half.ts'],
  })
})

test('a worker is alive by its URL, also where the ending is chosen at run time', (t) => {
  for (const name of ["'./worker.ts'", "'./worker.js'", '`./worker$' + '{ending}`']) {
    const guard = `import '../base/clock.ts'\nexport const guard = new URL(${name}, import.meta.url)\n`
    assert.deepEqual(
      problemsOf(t, { 'src/guard/guard.ts': guard, 'src/guard/worker.ts': 'export {}\n' }),
      [],
      name,
    )
  }
})

test('doors lead somewhere, and their types come from the same file', (t) => {
  const doors = {
    '.': { types: './dist/index.d.ts', default: './dist/other.js' },
    './gone': './dist/gone.js',
  }
  const problems = problemsOf(t, { 'package.json': JSON.stringify({ exports: doors }) })
  assert.deepEqual(problems.slice(0, 3), [
    'package.json names src/other.ts, which does not exist',
    'package.json names src/gone.ts, which does not exist',
    'package.json: the parts of door "." come from different files',
  ])
})

test('long files are listed and fail nothing', (t) => {
  const long = `export const guard = 1\nimport '../base/clock.ts'\n${'//\n'.repeat(299)}`
  assert.deepEqual(checkTree(plant(t, { ...GOOD, 'src/guard/guard.ts': long })), {
    problems: [],
    notices: ['src/guard/guard.ts has 301 lines'],
  })
})

test('paths of the machine are found in tracked files only, and only as whole paths', (t) => {
  const root = plant(t, {
    'named.md': 'see /home/ada/clone/x\n',
    'ends.md': 'in /home/ada/clone\n',
    'other.md': 'see /home/ada/clones and a/home/ada/clone\n',
    'package-lock.json': '/home/ada/clone/\n',
    'untracked.md': 'see /home/ada/clone/x\n',
  })
  git(root, 'init', '-q')
  git(root, 'add', 'named.md', 'ends.md', 'other.md', 'package-lock.json')
  assert.deepEqual(findMachinePaths(root, ['/home/ada/clone']), [
    'names a path of this machine: ends.md:1:in /home/ada/clone',
    'names a path of this machine: named.md:1:see /home/ada/clone/x',
  ])
})

test('the places of the machine leave out what every machine has', () => {
  assert.deepEqual(machinePlaces('/srv/ada/clone', '/home/ada', '/tmp'), [
    '/srv/ada/clone',
    '/srv/ada',
    '/home/ada',
  ])
  assert.deepEqual(machinePlaces('/clone', '/', '/tmp'), ['/clone'])
  assert.deepEqual(machinePlaces('/tmp/clone', '/home/ada', '/tmp'), ['/tmp/clone', '/home/ada'])
})

test('loose ends are found in code', (t) => {
  const word = 'TO' + 'DO'
  const root = plant(t, {
    'src/a.ts': `// ${word}: later\n`,
    'src/b.test.ts': `test${'.skip'}('x', () => {})\n`,
    'src/c.ts': 'const todo = t.skip(reason)\n',
    'docs/d.md': `${word}\n`,
  })
  git(root, 'init', '-q')
  git(root, 'add', '.')
  assert.deepEqual(findLooseEnds(root), [
    `silences a check or leaves a loose end: src/a.ts:1:// ${word}: later`,
    `silences a check or leaves a loose end: src/b.test.ts:1:test${'.skip'}('x', () => {})`,
  ])
})

function git(root: string, ...args: string[]): void {
  const { status, stderr } = spawnSync('git', ['-C', root, ...args], { encoding: 'utf8', timeout: 20_000 })
  assert.equal(status, 0, stderr)
}
