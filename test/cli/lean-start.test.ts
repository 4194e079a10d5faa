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

test('it loads nothing of Node that brings the client behind fetch', () => {
  // An ES module that imports them is handed their WebSocket too, which is that client's.
  const loaded = loadedBy('src/cli/serve.ts').filter((path) => path.startsWith('node:http'))
  assert.deepEqual(loaded, [])
})
