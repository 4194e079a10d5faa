import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveLean } from '../../src/cli/module-resolution.ts'

test('what our modules import of one another is found as it was before, and a language of zod where it is asked for', async () => {
  const [named, packaged] = [await import('../../src/cli/no-verdict.ts'), await import('commander')]
  resolveLean()
  assert.equal(await import('../../src/cli/no-verdict.ts'), named)
  assert.equal(await import('commander'), packaged)
  // Through one that was not loaded before.
  assert.equal((await import('../../src/cli/short-place.ts')).shortPlace !== undefined, true)
  const { z } = await import('zod')
  const said = () => z.string().safeParse(1).error?.issues[0]?.message
  assert.equal(said(), 'Invalid input: expected string, received number')
  assert.deepEqual(Object.keys(z.locales), Object.keys(await import('zod/locales')))
  z.config(z.locales.de())
  assert.equal(said(), 'Ungültige Eingabe: erwartet string, erhalten Zahl')
  z.config(z.locales.zhCN())
  assert.equal(said(), '无效输入：期望 string，实际接收 数字')
  await assert.rejects(import(`../../src/cli/${'no-such-module'}.ts`), /no-such-module/)
})
