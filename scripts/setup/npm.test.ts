import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explain } from './npm.mjs'

test('an unreachable registry is named as such, whatever the system calls it', () => {
  for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'E503', 'E429']) {
    const said = explain(`npm error code ${code}\nnpm error syscall connect\nnpm error more\n`)
    assert.match(said, /registry could not be reached/, code)
    assert.ok(said.includes(code))
    assert.ok(!said.includes('\n'))
  }
})

test('other failures are not blamed on the network', () => {
  assert.match(explain('npm error code EACCES\n'), /may not write/)
  assert.match(explain('npm error code ENOSPC\n'), /no space/)
  assert.match(
    explain('npm error code EINTEGRITY\nnpm error sha512-x integrity checksum failed\n'),
    /checksum/,
  )
  assert.match(explain('npm error code E404\nnpm error 404 Not Found\n'), /404 Not Found/)
})

test('npm of any age is understood, and its log file is not advertised', () => {
  const old =
    'npm ERR! code EUSAGE\nnpm ERR! lock file out of step\nnpm ERR! A complete log of this run can be found in: x\n'
  const said = explain(old)
  assert.match(said, /lock file out of step/)
  assert.doesNotMatch(said, /ERR!|complete log/)
})

test('without npm error lines the end of what it wrote is shown', () => {
  assert.match(explain('Segmentation fault\n'), /Segmentation fault/)
  assert.match(explain(''), /nothing/)
})
