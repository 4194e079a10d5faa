import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../base/random.ts'
import { createDeclarations } from './declarations.ts'

test('a secret that was made is answered with, whatever happens once it is written', async () => {
  let written = 0
  const nothing = async () => []
  const change = async () => {
    written += 1
    return undefined
  }
  const declarations = createDeclarations({
    store: {
      clients: { list: nothing, removed: nothing },
      permissions: { scopes: nothing, roles: nothing, change },
    } as never,
    random: systemRandom,
    permissions: {} as never,
    configured: { scopes: {}, roles: {} },
    changed: () => Promise.reject(new Error('the database is away')),
  })
  const plan = await declarations.plan({ clients: { reports: { client_name: 'Reports' } } })
  const { secrets } = await declarations.apply(plan, { actor: { kind: 'operator' } })
  assert.equal(written, 1)
  assert.match(secrets.reports ?? '', /^cs_client_/)
})
