import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routes } from '../../src/endpoints/routes.ts'
import { claimsOf, PASSWORD } from './issuer.ts'
import { goodFields, writeFields } from './route-fields.ts'
import { signUpWithApp } from './second-factor.ts'
import { startTableIssuer } from './table-issuer.ts'

test('E15: no route of the table makes a session of a password alone, where a second factor is due', async () => {
  const table = await startTableIssuer()
  const { issuer } = table
  try {
    const user = await signUpWithApp(issuer, 'alice', Date.now)
    await issuer.auth.sessions.endAll(user.id)
    const own = { username: 'alice', login: 'alice', email: 'alice@example.com', password: PASSWORD }
    let asked = 0
    for (const route of routes) {
      for (const as of route.body?.types ?? []) {
        const example = goodFields(route)
        const known = Object.entries(own).filter(([name]) => name in example)
        const fields = { ...example, ...Object.fromEntries(known) }
        const answer = await table.send(route, as, writeFields(as, fields))
        const what = `${route.method} ${route.path}: ${answer.text}`
        assert.doesNotMatch(answer.text, /"access_token"|"refresh_token"|"csrf_token"/, what)
        assert.doesNotMatch(answer.headers.get('set-cookie') ?? '', /=cs_session_/, what)
        if (answer.status === 403 && answer.text.includes('mfa_required')) asked += 1
      }
    }
    assert.ok(asked >= 2, 'the token endpoint and the browser’s sign-in asked for it')
    assert.deepEqual(await issuer.auth.sessions.list(user.id), [])
    const admin = claimsOf(await table.newToken())
    assert.notEqual(admin.sub, user.id)
  } finally {
    await table.close()
  }
})
