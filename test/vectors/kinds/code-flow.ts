import { readParameters } from '../../../src/authorization/parameters.ts'
import { checkRequest } from '../../../src/authorization/request.ts'
import { defaultRegistration } from '../../../src/clients/clients.ts'
import { faultOfRedirectUri } from '../../../src/clients/redirect-uri.ts'
import type { Client } from '../../../src/model/client.ts'
import { challengeOf, faultOfVerifier, isChallenge } from '../../../src/model/pkce.ts'
import { firstOf, kind } from '../tally.ts'

/** What `redirect-uri-cases.json` says of one address. */
export interface RedirectUriCase {
  readonly registered: readonly string[]
  /** Null where the request has none, several where it has several. */
  readonly requested: string | readonly string[] | null
  readonly expect: string
  readonly why: string
}

/** Addresses that an answer may go to: first the registration, then the request that names one. */
export const redirectUris = kind<{ readonly cases: readonly RedirectUriCase[] }>(
  'redirect URIs',
  ({ cases }) => 'registered' in firstOf(cases),
  ({ cases }, report) => {
    for (const { registered, requested, expect, why } of cases) {
      const faults = registered.map(faultOfRedirectUri).filter((fault) => fault !== undefined)
      if (expect === 'reject-at-registration') {
        report.check(why, faults.length === registered.length, 'it was registered')
        continue
      }
      report.check(`${why}, registered`, faults.length === 0, faults.join(' '))
      const isTaken = isRedirectedTo(requested, registered)
      report.check(why, isTaken === (expect === 'accept'), isTaken ? 'accepted' : 'refused')
    }
  },
)

/** Whether an answer would be sent there, a good one or not. */
function isRedirectedTo(requested: RedirectUriCase['requested'], registered: readonly string[]): boolean {
  const query = new URLSearchParams({ client_id: 'one', response_type: 'code' })
  for (const uri of [requested ?? []].flat()) query.append('redirect_uri', uri)
  const client: Client = {
    ...defaultRegistration(),
    ...{ id: 'one', name: 'One', state: 'active', grants: ['authorization_code'], redirectUris: registered },
    ...{ ver: 1, secrets: [], createdAt: 0, updatedAt: 0 },
  }
  const checked = checkRequest(readParameters(query.toString()), client, {
    policy: { scopes: {} },
    resources: [],
  })
  return checked.outcome !== 'shown'
}

/** A verifier, its challenge, and what is neither. */
export const pkce = kind<{ readonly code_verifier: string; readonly code_challenge: string }>(
  'PKCE',
  (content) => typeof content.code_verifier === 'string',
  ({ code_verifier: verifier, code_challenge: challenge }, report) => {
    report.check('challenge', challengeOf(verifier) === challenge && isChallenge(challenge))
    report.check('verifier', faultOfVerifier(verifier, challenge) === undefined)
    for (const [what, other] of [
      ['nothing', undefined],
      ['the challenge itself', challenge],
      ['another', `${verifier.slice(0, -1)}${verifier.endsWith('A') ? 'B' : 'A'}`],
      ['cut', verifier.slice(0, -1)],
      ['with a space', `${verifier} `],
    ] as const) {
      report.check(what, faultOfVerifier(other, challenge) !== undefined, 'accepted')
    }
    report.check('without a challenge', faultOfVerifier(verifier, undefined) !== undefined, 'accepted')
  },
)
