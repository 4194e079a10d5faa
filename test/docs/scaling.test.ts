import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { countStatements, type Operation } from '../../bench/costs/statements.ts'
import { handClock } from '../flows/issuer.ts'
import { startPostgres } from '../servers/postgres.ts'
import { root } from './code-blocks.ts'

const server = await startPostgres()
after(() => server.stop())

const NAMES: Readonly<Record<string, Operation>> = {
  'a checked request': 'checked request',
  'a sign-in by password': 'sign-in by password',
  'a refresh': 'refresh',
  'a sign-out': 'sign-out',
  'client credentials, introspection': 'introspection',
  'a question of a verifier': 'question of a verifier',
}

test('docs/scaling.md says how many statements each operation takes, and a refresh on PostgreSQL takes one', async () => {
  // It stands still: what is remembered for a second is not asked for again, however slow the machine is.
  const { sqlite, postgres } = await countStatements(server, { times: 3, clock: handClock(Date.now()) })
  const page = readFileSync(join(root, 'docs', 'scaling.md'), 'utf8')
  for (const [title, operation] of Object.entries(NAMES)) {
    const row = page.split('\n').find((line) => line.startsWith(`| ${title} | `))
    assert.deepEqual(
      row?.split('|').slice(2, 4).map(Number),
      [sqlite.counts[operation], postgres.counts[operation]],
      title,
    )
  }
  assert.equal(postgres.counts.refresh, 1)
  assert.equal(postgres.counts['client credentials'], 0)
})
