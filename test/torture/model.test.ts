import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { seed } from '../store/seeded.ts'
import { tortureTest } from './as-test.ts'
import { createDecisionSubject } from './model/decision-subject.ts'
import { type Ending, endings } from './model/endings.ts'
import type { Limits } from './model/oracle.ts'
import type { Subject } from './model/subject.ts'
import { decision, model, play } from './model.ts'
import { endure } from './torture.ts'

tortureTest(decision)
tortureTest(model)

/** What is not seen in so many histories is not found. */
const MOST_HISTORIES = 3000

/** What histories say of a subject that is wrong on purpose. */
async function findings(wrong: (right: Subject) => Partial<Subject>): Promise<readonly string[]> {
  const create = async (limits: Limits): Promise<Subject> => {
    const right = await createDecisionSubject(limits)
    return { ...right, ...wrong(right) }
  }
  const mutant = { ...decision, run: (attempt: Parameters<typeof play>[0]) => play(attempt, create) }
  return (await endure(mutant, { count: MOST_HISTORIES, seed })).violations
}

test(`histories find every ending that is confirmed and not done (seed ${seed})`, async () => {
  for (const skipped of Object.keys(endings) as Ending[]) {
    const found = await findings(({ end }) => ({
      end: async (name, of) => (name === skipped ? undefined : end(name, of)),
    }))
    assert.match(found[0] ?? '', /at the very next request/, skipped)
  }
})

test(`histories find it if an ending takes the other devices along, and if a refresh revives nothing (seed ${seed})`, async () => {
  const tooMuch = await findings(({ end }) => ({
    end: (name, of) => end(name === 'sign out' ? 'end all' : name, of),
  }))
  assert.match(tooMuch[0] ?? '', /was ended too/)
  const tooOld = await findings(() => ({ accepts: async () => false }))
  assert.match(tooOld[0] ?? '', /what a refresh has just answered/)
})

/**
 * How often each file of the store ends sessions or tokens, and by what the histories do the same; the last two do it
 * only for what a database has lost, and for API keys.
 */
const CALLS: Readonly<Record<string, readonly [times: number, by: readonly Ending[]]>> = {
  'sessions.ts': [2, ['an admin ends it', 'sign out', 'revoke the refresh token', 'end all']],
  'refresh.ts': [2, ['end all']],
  'users.ts': [
    5,
    [
      'change the password',
      'disable and enable',
      'give a role that needs a factor',
      'take a role',
      'remove the user',
    ],
  ],
  'factors.ts': [
    3,
    [
      'add an authenticator',
      'add a passkey',
      'remove the authenticator',
      'remove a passkey',
      'reset the factors',
    ],
  ],
  'identities.ts': [1, ['disconnect a provider']],
  'links.ts': [2, ['reset the password', 'keep the former address']],
  'permissions.ts': [2, ['narrow a role', 'remove a role']],
  'clients.ts': [
    4,
    [
      'remove the client',
      'disable and enable the client',
      'take a scope of the client',
      'the secret of the client has leaked',
    ],
  ],
  'consents.ts': [1, ['take the consent back']],
  'codes.ts': [1, ['its code again']],
  'device-codes.ts': [1, ['its device code again']],
  'restore.ts': [1, ['declare the database restored']],
  'keys.ts': [1, ['withdraw the signing key']],
  'user-counters.ts': [2, []],
  'revocations.ts': [4, ['revoke the access token']],
  'api-keys.ts': [2, []],
}

test('every call of the store that ends sessions or tokens is one that histories make', () => {
  const folder = new URL('../../src/store/sqlite/', import.meta.url)
  const found: Record<string, number> = {}
  for (const path of globSync('*.ts', { cwd: fileURLToPath(folder) })) {
    const text = readFileSync(new URL(path, folder), 'utf8')
    const calls = text.match(/(?<!function )\b(raiseEpoch|raiseVer|writeRevocation)\(/g) ?? []
    if (calls.length > 0) found[basename(path)] = calls.length
  }
  const expected = Object.fromEntries(Object.entries(CALLS).map(([file, [times]]) => [file, times]))
  assert.deepEqual(found, expected, 'a new one belongs into test/torture/model/endings.ts')
  const made = new Set(Object.values(CALLS).flatMap(([, by]) => by))
  assert.deepEqual([...made].toSorted(), Object.keys(endings).toSorted())
})
