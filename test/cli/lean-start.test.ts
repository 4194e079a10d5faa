import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadedBy } from '../loaded-modules.ts'

test('countersign serve loads no driver of another database, no letter, no page and no QR code before they are asked for', () => {
  const loaded = loadedBy('src/cli/serve.ts')
  const late =
    /store\/postgres\/|texts\/letters\/(?!languages)|mail\/letter|pages\/layout|openapi\/description|\/uqr\/|\/pg\/|\/nodemailer\//
  assert.deepEqual(
    loaded.filter((path) => late.test(path)),
    [],
  )
  assert.ok(loaded.includes('src/store/sqlite/index.ts'))
})
