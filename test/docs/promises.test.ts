import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './code-blocks.ts'

const page = readFileSync(join(root, 'docs/promises.md'), 'utf8')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
// Loading it would measure, and loading the tortures takes seconds.
const benches = new Set(
  [
    ...readFileSync(join(root, 'bench/main.ts'), 'utf8').matchAll(/^ {2}'?([a-z-]+)'?: (?:async )?\(\) =>/gm),
  ].map(([, name]) => name),
)

const tortures = globSync('test/torture/*.ts', { cwd: root }).flatMap((path) =>
  [...readFileSync(join(root, path), 'utf8').matchAll(/^ {2}name: '([a-z-]+)',$/gm)].map(
    ([, name = '']) => name,
  ),
)

/** Whether a command can be typed as it stands. */
function whyUnknown(command: string): string | undefined {
  const [, script = '', names = ''] = /^npm (?:run )?([\w:-]+)(?: -- (.*))?$/.exec(command) ?? []
  if (!(script in scripts)) return 'no such script'
  for (const name of names.split(' ').filter((word) => word !== '' && !word.startsWith('--'))) {
    const isKnown =
      script === 'bench'
        ? benches.has(name)
        : script === 'torture'
          ? tortures.includes(name)
          : globSync(`${name}*`, { cwd: root }).length > 0
    if (!isKnown) return `${script} knows no ${name}`
  }
  return undefined
}

test('every figure of the promises has a command that measures it', () => {
  const [, figures = ''] = page.split('## Figures')
  const rows = [...figures.matchAll(/^\| ([^|]+) \| ([^|]+) \| `([^`]+)` \|$/gm)]
  assert.ok(rows.length >= 15, String(rows.length))
  for (const [, what = '', goal = '', command = ''] of rows) {
    assert.match(goal, /\d|all|half|once/, what)
    assert.equal(whyUnknown(command), undefined, command)
  }
  assert.notEqual(whyUnknown('npm run bench -- refesh'), undefined)
})

test('every test and every torture that a promise names is there', () => {
  for (const [path] of page.matchAll(/(?<=`)test\/[\w/.-]+(?=`)/g)) {
    assert.ok(globSync(`${path}*`, { cwd: root }).length > 0, path)
  }
  const [table = ''] = page.split('## Figures')
  const cells = [...table.matchAll(/^\|[^|]*\|[^|]*\|([^|]*)\|$/gm)].map(([, cell = '']) => cell)
  const named = cells.flatMap((cell) => cell.match(/(?<=`)[a-z-]+(?=`)/g) ?? [])
  assert.ok(named.length >= 10, named.join(' '))
  for (const name of named)
    assert.ok(
      tortures.some((one) => one.startsWith(name)),
      name,
    )
})
