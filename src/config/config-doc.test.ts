import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { configPage, configSchema } from '../../scripts/config-doc.ts'
import { entryOf, SETTING_NAMES } from './settings.ts'

const page = readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8')
const schema = readFileSync(new URL('../../docs/config.schema.json', import.meta.url), 'utf8')

test('docs/config.md and docs/config.schema.json say what the schema says', () => {
  assert.ok(page === configPage(page), 'run: node scripts/config-doc.ts')
  assert.ok(schema === configSchema(), 'run: node scripts/config-doc.ts')
})

test('every setting is in both, with a sentence that ends', () => {
  for (const name of SETTING_NAMES) {
    const { environment, description } = entryOf(name)
    assert.ok(page.includes(`| \`${name}\` | ${environment === undefined ? '' : `\`${environment}\``}`), name)
    assert.ok(JSON.parse(schema).properties[name], name)
    assert.match(description, /^[A-Z`].*\.$/s, name)
  }
})
