import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { startSmtp } from '../servers/smtp.ts'
import { build, runProgram } from './built-server.ts'

before(build)

test('countersign users invite mails by SMTP, says so once the server has the letter, and fails where it does not take it', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'countersign-invite-'))
  const server = await startSmtp()
  t.after(async () => {
    await server.close()
    rmSync(cwd, { recursive: true })
  })
  const env = { SMTP_URL: server.url, MAIL_FROM: 'Example <no-reply@example.com>' }
  const invite = (email: string, ...more: string[]) =>
    runProgram(['users', 'invite', '--email', email, ...more], { cwd, env })
  assert.equal((await runProgram(['migrate'], { cwd, env })).status, 0)

  const arrived = server.next()
  const done = await invite('eve@example.com', '--role', 'admin', '--language', 'de')
  assert.equal(done.status, 0, done.err)
  const mail = await arrived
  assert.equal(mail.to, 'eve@example.com')
  const text = mail.text.replaceAll('=\r\n', '').replaceAll('=3D', '=')
  const [link] = /http:\/\/127\.0\.0\.1:8000\/register\?\S*cs_link_[\w.-]+/.exec(text) ?? []
  assert.ok(link !== undefined, text)
  assert.match(text, /Einladung|eingeladen/i)

  server.refuse('550 no such mailbox', 1)
  const refused = await invite('nobody@example.com')
  assert.equal(refused.status, 1)
  assert.match(refused.err, /the letter could not be sent: .*550 no such mailbox.*invite again/)
  const events = await runProgram(['events', '--name', 'user.invited', '--json'], { cwd, env })
  assert.equal(JSON.parse(events.out).items.length, 2)

  const listed = await runProgram(['users', 'invitations', '--limit', '1', '--json'], { cwd, env })
  const [waiting] = JSON.parse(listed.out).items
  assert.deepEqual([waiting.email, waiting.roles], ['eve@example.com', ['user', 'admin']])
  assert.match(listed.err, /there are more than these 1; --limit shows others/)

  const takeBack = () =>
    runProgram(['users', 'uninvite', '--email', 'eve@example.com', '--json'], { cwd, env })
  const taken = await takeBack()
  assert.deepEqual(JSON.parse(taken.out), { email: 'eve@example.com', invited: false }, taken.err)
  assert.equal((await takeBack()).status, 1)
})
