import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { AuthOptions } from '../../src/index.ts'
import { type SmtpServer, startSmtp } from '../servers/smtp.ts'
import { PASSWORD, startIssuer } from './issuer.ts'

let server: SmtpServer
before(async () => {
  server = await startSmtp()
})
after(() => server.close())

test('letters go out by SMTP, as text and HTML', async () => {
  const issuer = await startIssuer({ smtpUrl: server.url, mailFrom: 'Example <no-reply@example.com>' })
  const arrived = server.next()
  await issuer.auth.users.create({ email: 'alice@example.com', password: PASSWORD })
  await issuer.call('POST', '/password/forgot', { json: { email: 'alice@example.com' } })
  const mail = await arrived
  assert.equal(mail.from, 'no-reply@example.com')
  assert.equal(mail.to, 'alice@example.com')
  assert.match(mail.text, /^From: Example <no-reply@example\.com>$/m)
  assert.match(mail.text, /^Auto-Submitted: auto-generated$/m)
  assert.match(mail.text, /Content-Type: multipart\/alternative/)
  assert.match(
    mail.text.replaceAll('=\r\n', ''),
    /http:\/\/127\.0\.0\.1:8000\/reset\?token=3Dcs_link_|reset\?token=cs_link_/,
  )
  await issuer.close()
})

test('a letter that cannot be sent is an event, and never a 500', async () => {
  const failed = Promise.withResolvers<void>()
  const issuer = await startIssuer({
    smtpUrl: server.url,
    mailFrom: 'no-reply@example.com',
    logger: {
      debug: () => undefined,
      info: () => undefined,
      error: () => undefined,
      warn: (_, message) => message === 'a letter could not be sent' && failed.resolve(),
    },
  })
  server.refuse('550 no such mailbox', 1)
  await issuer.auth.users.create({ email: 'alice@example.com', password: PASSWORD })
  const asked = await issuer.call('POST', '/password/forgot', { json: { email: 'alice@example.com' } })
  assert.equal(asked.status, 202)
  await failed.promise
  const events = await issuer.auth.events.list({ name: 'mail.failed', limit: 10 })
  assert.deepEqual(events[0]?.data, { letter: 'reset' })
  await issuer.close()
})

test('a letter that waits to be tried again is told of at a stop, also while a webhook does not answer', async (t) => {
  const letters = await startSmtp()
  t.after(() => letters.close())
  const hook = createServer().listen(0, '127.0.0.1')
  t.after(() => {
    hook.close()
    hook.closeAllConnections()
  })
  await once(hook, 'listening')
  const { port } = hook.address() as AddressInfo
  const told = Promise.withResolvers<void>()
  const issuer = await startIssuer({
    smtpUrl: letters.url,
    mailFrom: 'no-reply@example.com',
    webhooks: [
      { url: `http://127.0.0.1:${port}/`, secret: `whsec_${btoa('a'.repeat(32))}`, events: ['user.created'] },
    ],
    logger: {
      debug: () => undefined,
      info: () => undefined,
      error: () => undefined,
      warn: (_, message) => message === 'a letter could not be sent' && told.resolve(),
    },
  })
  const asked = once(hook, 'request')
  await issuer.auth.users.create({ email: 'alice@example.com', password: PASSWORD })
  const [, answer] = await asked
  letters.refuse('451 later', 2)
  await issuer.call('POST', '/password/forgot', { json: { email: 'alice@example.com' } })
  const closed = issuer.close()
  await told.promise
  assert.equal(answer.closed, false, 'it was not waited for')
  answer.end()
  await closed
})

test('in development letters can be read on a page and in the log, on this machine alone', async () => {
  const shown = Promise.withResolvers<string>()
  const note = (facts: object, message: string) => {
    if (message === 'a letter, in development') shown.resolve(JSON.stringify(facts))
  }
  const issuer = await startIssuer({ logger: { debug: note, info: note, warn: note, error: note } })
  assert.match((await issuer.call('GET', '/dev/mail')).text, /None yet/)
  await issuer.signUp('alice')
  assert.match(await shown.promise, /\/verify\?token=cs_link_/)
  const page = await issuer.call('GET', '/dev/mail')
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
  assert.match(page.text, /<a href="http:\/\/127\.0\.0\.1:8000\/verify\?token=cs_link_/)
  // A name that a stranger made to lead to this machine, for a page of theirs to read it.
  const rebound = await issuer.auth.fetch(new Request('http://rebound.example:8000/dev/mail'), {
    address: '127.0.0.1',
    listensOn: '127.0.0.1',
  })
  assert.equal(rebound.status, 421)
  assert.ok(!(await rebound.text()).includes('cs_link_'))
  await issuer.close()

  const production = await startIssuer({ issuer: 'https://auth.example.com' })
  assert.equal((await production.call('GET', '/dev/mail')).status, 404)
  await production.close()
})

test('a start says which settings wait for letters that nobody sends', async () => {
  const told = async (options: AuthOptions) => {
    const lines: unknown[] = []
    const quiet = () => undefined
    const logger = {
      debug: quiet,
      info: quiet,
      error: quiet,
      warn: (facts: object) => void lines.push(facts),
    }
    const issuer = await startIssuer({ issuer: 'https://auth.example.com', ...options, logger })
    await issuer.close()
    return lines
  }
  const waiting = { registration: 'verified', verifiedEmailRequired: true } as const
  assert.deepEqual(await told(waiting), [{ settings: ['registration', 'verifiedEmailRequired'] }])
  assert.deepEqual(
    await told({ ...waiting, issuer: 'http://127.0.0.1:8000' }),
    [],
    'they are shown in development',
  )
  assert.deepEqual(await told({ ...waiting, mail: { send: async () => undefined } }), [])
  assert.deepEqual(await told({ ...waiting, smtpUrl: server.url, mailFrom: 'a@example.com' }), [])
  assert.deepEqual(await told({}), [])
})
