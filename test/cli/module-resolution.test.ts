import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveLean } from '../../src/cli/module-resolution.ts'

test('what our modules import of one another is found as it was before, and of the languages of zod only English', async () => {
  const [named, packaged] = [await import('../../src/cli/no-verdict.ts'), await import('commander')]
  resolveLean()
  assert.equal(await import('../../src/cli/no-verdict.ts'), named)
  assert.equal(await import('commander'), packaged)
  // Through one that was not loaded before.
  assert.equal((await import('../../src/cli/short-place.ts')).shortPlace !== undefined, true)
  const { z } = await import('zod')
  assert.deepEqual(Object.keys(z.locales), [])
  assert.match(z.string().safeParse(1).error?.issues[0]?.message ?? '', /^Invalid input: expected string/)
  await assert.rejects(import(`../../src/cli/${'no-such-module'}.ts`), /no-such-module/)
})
