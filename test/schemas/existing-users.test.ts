import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { blockWith, createBlockFolder } from '../docs/block-folder.ts'
import { run, startPlace } from '../store/postgres-place.ts'
import { urlOfApplication } from './application-database.ts'
import { insertPeople } from './people.ts'
import { takeOver } from './run-take-over.ts'

const place = await startPlace()
after(() => place.stop())

test('the page’s people of a Drizzle table are taken over at their first sign-in', async () => {
  const databaseUrl = await urlOfApplication(place)
  await run(
    databaseUrl,
    `CREATE TABLE people (id serial PRIMARY KEY, email text NOT NULL UNIQUE, login text UNIQUE,
       password_hash text NOT NULL, confirmed boolean NOT NULL DEFAULT false)`,
  )
  await insertPeople(databaseUrl, 'people', 'password_hash')
  const folder = createBlockFolder({ 'auth.ts': blockWith('existing-users.md', "from 'drizzle-orm'") })
  try {
    assert.equal(await takeOver(folder.path, databaseUrl), '')
  } finally {
    folder.remove()
  }
})
