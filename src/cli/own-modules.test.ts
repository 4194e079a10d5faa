import assert from 'node:assert/strict'
import { test } from 'node:test'
import { takeOwnModulesAsNamed } from './own-modules.ts'

test('what our modules import of one another is found as it was before', async () => {
  const [named, packaged] = [await import('./no-verdict.ts'), await import('commander')]
  takeOwnModulesAsNamed()
  assert.equal(await import('./no-verdict.ts'), named)
  assert.equal(await import('commander'), packaged)
  // Through one that was not loaded before.
  assert.equal((await import('./short-place.ts')).shortPlace !== undefined, true)
  await assert.rejects(import(`./${'no-such-module'}.ts`), /no-such-module/)
})
