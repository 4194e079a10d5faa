import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { inspect } from 'node:util'
import { type SmtpServer, startSmtp } from '../../test/servers/smtp.ts'
import { UndeliverableError } from './message.ts'
import { parseSender } from './sender.ts'
import { smtp } from './smtp.ts'

let server: SmtpServer
before(async () => {
  server = await startSmtp()
})
after(() => server.close())

const LETTER = {
  kind: 'reset',
  subject: 'A letter',
  text: 'text',
  html: '<p>text</p>',
  language: 'en',
} as const

/** The head of a letter as it arrives, a field a line, and the address that the server was told. */
async function sentBy(from: string, to = 'alice@example.com') {
  const open = smtp(server.url, from)
  const arrived = server.next()
  await open.send({ ...LETTER, to })
  open.close()
  const mail = await arrived
  const [head = ''] = mail.text.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n\r\n')
  const field = (name: string) => head.split('\r\n').find((line) => line.startsWith(`${name}: `))
  return { envelope: [mail.from, mail.to], from: field('From'), to: field('To') }
}

test('a sender keeps its name and its address, whatever stands in the name', async () => {
  const address = 'no-reply@example.com'
  for (const [name, header] of [
    ['Example', 'Example'],
    ['Example, Inc.', '"Example, Inc."'],
    ['"Example, Inc."', '"Example, Inc."'],
    ['Example: Post', '"Example: Post"'],
    ['Example (GmbH)', '"Example (GmbH)"'],
    ['A; B', '"A; B"'],
    ['ceo@bank.example', '"ceo@bank.example"'],
    ['The "best"', '"The \\"best\\""'],
    ['Back\\slash', '"Back\\\\slash"'],
  ]) {
    assert.deepEqual(await sentBy(`${name} <${address}>`), {
      envelope: [address, 'alice@example.com'],
      from: `From: ${header} <${address}>`,
      to: 'To: alice@example.com',
    })
  }
  const foreign = await sentBy(`Größe & Söhne <${address}>`)
  assert.match(
    foreign.from ?? '',
    /^From: =\?UTF-8\?Q\?Gr=C3=B6=C3=9Fe_=26_S=C3=B6hne\?= <no-reply@example\.com>$/,
  )
  for (const plain of [address, `<${address}>`]) assert.equal((await sentBy(plain)).from, `From: ${address}`)
})

test('what could be read as two senders, or as none, is no sender', () => {
  for (const text of [
    'a,b@example.com',
    'A <a,b@example.com>',
    'A <a@example.com>, B <b@example.com>',
    'A <a@example.com> (B)',
    'A\\" <"b@example.com>',
    'a@b@example.com',
    'a@',
    '@example.com',
    'Group:a@example.com;',
    '',
  ])
    assert.equal(parseSender(text), undefined, text)
})

test('a letter goes to one address, as it is written', async () => {
  for (const to of ["o'neill@example.com", '!#$%&*+/=?^_`{|}~-@example.com', 'größe@example.com']) {
    assert.deepEqual((await sentBy('a@example.com', to)).envelope, ['a@example.com', to])
  }
})

test('what a server says against a letter is told without the link that it repeats', async () => {
  const open = smtp(server.url, 'a@example.com')
  const refusalOf = async (answer: string) => {
    server.refuse(answer, 1)
    const refusal = await open.send({ ...LETTER, to: 'alice@example.com' }).catch((error: unknown) => error)
    assert.doesNotMatch(inspect(refusal), /cs_link_\w/)
    return refusal
  }
  const lasting = await refusalOf('554 no: https://a.example/reset?token=cs_link_A-b_9 is spam')
  assert.ok(lasting instanceof UndeliverableError)
  assert.match(lasting.message, /^EMESSAGE: .*554 no: https:\/\/a\.example\/reset\?token=cs_link_… is spam/)
  const passing = await refusalOf('451 later: cs_link_A-b_9')
  assert.ok(passing instanceof Error && !(passing instanceof UndeliverableError))
  open.close()
})

test('on this machine a server is not asked for TLS, whose certificate is its own, unless that is wanted', async (t) => {
  const offering = await startSmtp({ offersTls: true })
  t.after(() => offering.close())
  const sent = async (query: string) => {
    const open = smtp(`${offering.url}/${query}`, 'a@example.com')
    const outcome = await open.send({ ...LETTER, to: 'alice@example.com' }).then(
      () => 'sent',
      (error: Error) => error.message,
    )
    open.close()
    return outcome
  }
  assert.equal(await sent(''), 'sent')
  assert.match(await sent('?requireTLS=true'), /^ETLS: .*454 no certificate/)
})
