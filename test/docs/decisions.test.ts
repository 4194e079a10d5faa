import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'decisions')

test('every decision has a number of its own, and its line in the table', () => {
  const pages = readdirSync(FOLDER).filter((name) => name !== 'README.md')
  const lines = pages.map((name) => {
    const [, number, title] = /^# (\d{4}) · (.+)\n/.exec(readFileSync(join(FOLDER, name), 'utf8')) ?? []
    assert.equal(name.slice(0, 4), number, name)
    return `| [${number}](${name}) | ${title} |`
  })
  assert.equal(new Set(pages.map((name) => name.slice(0, 4))).size, pages.length, pages.join(' '))
  const table = readFileSync(join(FOLDER, 'README.md'), 'utf8').match(/^\| \[.*$/gm)
  assert.deepEqual(table, lines.sort())
})
