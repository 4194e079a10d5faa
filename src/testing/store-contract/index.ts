import { after, before, describe } from 'node:test'
import { testAccountRecovery } from './account-recovery.ts'
import { testApiKeys } from './api-keys.ts'
import { testChanges } from './changes.ts'
import { testClientSecrets } from './client-secrets.ts'
import { testClients } from './clients.ts'
import { testCodes } from './codes.ts'
import { testConsents } from './consents.ts'
import { testDeviceCodes } from './device-codes.ts'
import { testEvents } from './events.ts'
import { testFactors } from './factors.ts'
import { testIdentities } from './identities.ts'
import { testInvitations } from './invitations.ts'
import { testKeys } from './keys.ts'
import { testLinks } from './links.ts'
import { testLostRevocations } from './lost-revocations.ts'
import { testNodes } from './nodes.ts'
import { testOneTime } from './one-time.ts'
import { testPasskeys } from './passkeys.ts'
import { testPermissions } from './permissions.ts'
import { testRefresh } from './refresh.ts'
import { testRefreshRaces } from './refresh-races.ts'
import { testRefreshRepeats } from './refresh-repeats.ts'
import { testRefusals } from './refusals.ts'
import { testRevocationPulls } from './revocation-pulls.ts'
import { testRevocations } from './revocations.ts'
import { testSessionEnds } from './session-ends.ts'
import { testSessions } from './sessions.ts'
import type { Stores, StoreUnderTest } from './subject.ts'
import { testSurvey } from './survey.ts'
import { testUpkeep } from './upkeep.ts'
import { testUserEnds } from './user-ends.ts'
import { testUsers } from './users.ts'
import { testValues } from './values.ts'
import { testWebhooks } from './webhooks.ts'

export interface StoreContractOptions {
  /** Stands in the titles. */
  readonly name: string
  /** Opens the driver on data of its own; called once, before the first test. */
  readonly open: () => Promise<StoreUnderTest>
  /** How often each race is run; 10 times unless said otherwise. */
  readonly races?: number
}

/**
 * Registers the tests that a database driver has to pass, with node:test: call it in a test file. They try each verb
 * of the store with its yes and its noes, alone and in races across two connections. They do not try what is the
 * driver's own: power failures, full disks, a database that does not answer.
 *
 *     storeContract({ name: 'sqlite', open: async () => ({ store, another, advance, close }) })
 */
export function storeContract({ name, open, races = 10 }: StoreContractOptions): void {
  describe(`store contract: ${name}`, () => {
    let opened: StoreUnderTest | undefined
    let stores: Stores | undefined
    const subject = (): Stores => {
      if (stores === undefined) throw new Error('the store is opened when the tests begin')
      return stores
    }
    before(async () => {
      opened = await open()
      const { store } = opened
      const another = opened.another.bind(opened)
      stores = { store, other: await another(), another, advance: opened.advance.bind(opened) }
    })
    after(() => opened?.close())

    testUsers(subject)
    testUserEnds(subject)
    testValues(subject)
    testSessions(subject)
    testSessionEnds(subject)
    testRefresh(subject)
    testRefreshRepeats(subject)
    testRefreshRaces(subject, races)
    testRevocations(subject)
    testRevocationPulls(subject)
    testLostRevocations(subject)
    testClients(subject)
    testClientSecrets(subject)
    testPermissions(subject)
    testApiKeys(subject)
    testCodes(subject, races)
    testConsents(subject, races)
    testDeviceCodes(subject, races)
    testFactors(subject)
    testPasskeys(subject)
    testIdentities(subject)
    testRefusals(subject)
    testKeys(subject)
    testNodes(subject)
    testEvents(subject)
    testOneTime(subject)
    testLinks(subject)
    testInvitations(subject)
    testAccountRecovery(subject)
    testChanges(subject)
    testWebhooks(subject)
    testSurvey(subject)
    testUpkeep(subject)
  })
}
