import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { toResponse } from '../http/reply.ts'
import { docsPage } from './page/page.ts'
import { docsScript } from './page/script.ts'
import { docsIcon, docsStyle } from './page/style.ts'
import { serve, servedFile, servedText } from './served.ts'

const request = new Request('http://localhost/file')
let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'served-'))
})
after(() => rm(folder, { recursive: true }))

test('a file is sent whole, and its tag is that of the same text', async () => {
  const path = join(folder, 'large')
  const text = 'a line of many\n'.repeat(50_000)
  await writeFile(path, text)
  const file = await servedFile('text/plain', path)
  assert.equal(file.tag, servedText('text/plain', text).tag)
  assert.notEqual(file.tag, servedText('text/plain', `${text}.`).tag)
  assert.equal(await toResponse(serve(request, file)).text(), text)
  assert.equal(await toResponse(serve(request, file)).text(), text)
})

test('a body that nobody reads opens no file', async () => {
  const path = join(folder, 'unread')
  await writeFile(path, 'text')
  const response = toResponse(serve(request, await servedFile('text/plain', path)))
  await rm(path)
  await assert.rejects(response.text(), { code: 'ENOENT' })
})

test('a reader may go in the middle', async () => {
  const path = join(folder, 'half')
  await writeFile(path, 'x'.repeat(1_000_000))
  const reader = toResponse(serve(request, await servedFile('text/plain', path))).body?.getReader()
  const { value } = (await reader?.read()) ?? {}
  assert.ok(value !== undefined && value.byteLength < 1_000_000)
  await reader?.cancel()
})

test('a file that is not there is said before anything is answered', async () => {
  await assert.rejects(servedFile('text/plain', join(folder, 'absent')), { code: 'ENOENT' })
})

test('the name of the service is text on the page, not markup', async () => {
  const page = docsPage('<b onclick="x">A & B</b>')
  assert.ok(page.includes('<title>&lt;b onclick=&quot;x&quot;&gt;A &amp; B&lt;/b&gt; API</title>'))
  assert.ok(!page.includes('<b '))
})

test('own files ask nobody else for anything', () => {
  for (const text of [docsScript, docsStyle, docsIcon.replace('http://www.w3.org/2000/svg', '')]) {
    assert.doesNotMatch(text, /https?:|@import|eval\(|innerHTML/)
  }
  assert.doesNotThrow(() => new Function(docsScript))
})
