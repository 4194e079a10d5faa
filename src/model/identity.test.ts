import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideNewcomer, type NewcomerFacts } from './identity.ts'

const yesNo = [true, false] as const
const MODES = ['open', 'verified', 'invite', 'closed'] as const

function* everybody(): Generator<NewcomerFacts> {
  for (const email of ['a@example.com', undefined])
    for (const emailVerified of yesNo)
      for (const trustsEmail of yesNo)
        for (const account of [undefined, { emailVerified: true }, { emailVerified: false }])
          for (const registration of MODES)
            yield {
              email,
              emailVerified: email !== undefined && emailVerified,
              trustsEmail,
              account: email === undefined ? undefined : account,
              registration,
            }
}

test('D2: a newcomer is connected to an account only if provider and account have both proven the address, and the provider is believed', () => {
  for (const facts of everybody()) {
    const decision = decideNewcomer(facts)
    const mayConnect = facts.emailVerified && facts.trustsEmail && facts.account?.emailVerified === true
    assert.equal('do' in decision && decision.do === 'connect', mayConnect, JSON.stringify(facts))
  }
})

test('D2: a new account counts as proven only by a provider that is believed, and never beside one of that address', () => {
  for (const facts of everybody()) {
    const decision = decideNewcomer(facts)
    if (!('do' in decision) || decision.do !== 'create') continue
    assert.equal(facts.account, undefined)
    assert.notEqual(facts.email, undefined)
    assert.ok(facts.registration === 'open' || facts.registration === 'verified')
    assert.equal(decision.emailVerified, facts.emailVerified && facts.trustsEmail)
    if (facts.registration === 'verified') assert.equal(decision.emailVerified, true)
  }
})

test('where accounts are hidden, whoever has not proven an address learns nothing of its account', () => {
  for (const facts of everybody()) {
    if (facts.registration === 'open' || (facts.emailVerified && facts.trustsEmail)) continue
    assert.deepEqual(
      decideNewcomer(facts),
      decideNewcomer({ ...facts, account: undefined }),
      JSON.stringify(facts),
    )
  }
})
