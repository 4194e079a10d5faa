import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeyFacts } from '../../keys/key-facts.ts'
import type { NodeAnnouncement } from '../../store/nodes.ts'
import type { RefusalRecord } from '../../store/refusals.ts'
import { explainGroup, type RefusedGroup } from './watch-joins.ts'
import { reportRefusals } from './watch-report.ts'

const ISSUER = 'https://id.example.com'
const AT = Date.parse('2026-11-23T10:02:00Z')
const STARTED = AT / 1000 - 600

const node = (id: string, more: Partial<NodeAnnouncement> = {}): NodeAnnouncement => ({
  id,
  secretKeys: ['aa'],
  ringVersion: 4,
  accessLifeSeconds: 900,
  algorithm: 'ES256',
  signingSecrets: [],
  ...more,
})
const key = (kid: string, phase: KeyFacts['phase']): KeyFacts => ({
  kid,
  use: 'access',
  algorithm: 'ES256',
  phase,
  since: AT - 60_000,
  next: undefined,
  secretKey: 'aa',
})

let number = 0
const refusal = (code: string, on: string, facts: RefusalRecord['facts'] = {}): RefusalRecord => ({
  reference: `r${number++}`,
  at: AT - number * 100,
  code,
  node: on,
  facts: {
    route: 'GET /orders',
    node_started_at: STARTED,
    config_fp: 'c1',
    credential_fp: `f${number}`,
    ...facts,
  },
})
const times = <Value>(count: number, make: () => Value): Value[] => Array.from({ length: count }, make)

function groupOf(records: readonly RefusalRecord[], more: Partial<RefusedGroup> = {}): RefusedGroup {
  const [first] = records
  return {
    code: first?.code ?? '',
    records,
    all: records,
    nodes: [node('a'), node('b')],
    keys: [key('k1', 'active')],
    ringVersion: 4,
    issuer: ISSUER,
    ...more,
  }
}

const of = (code: string, on: string, facts: RefusalRecord['facts'], count = 4) =>
  times(count, () => refusal(code, on, facts))
const HS = { kid: 'hs-0000aaaa', alg: 'HS256', iss: ISSUER }

const EXPLAINED: readonly (readonly [string, RefusedGroup, RegExp])[] = [
  [
    'a secret that one node has and the refusing one has not',
    groupOf(of('KID_UNKNOWN', 'b', HS), {
      nodes: [
        node('a', { algorithm: 'HS256', signingSecrets: ['hs-0000aaaa'] }),
        node('b', { algorithm: 'HS256', signingSecrets: ['hs-0000bbbb'] }),
      ],
    }),
    /that a has and b has not \(started 2026-11-23 09:52:00Z\)\.\nGive b the entry too \(JWT_SECRET=own,former\), restart it/,
  ],
  [
    'a secret that no node has any more',
    groupOf(of('KID_UNKNOWN', 'b', HS), {
      nodes: [node('b', { algorithm: 'HS256', signingSecrets: ['hs-0000bbbb'] })],
    }),
    /No live node has the entry[\s\S]*JWT_SECRET=new,former/,
  ],
  [
    'a key that the refusing node has not read',
    groupOf(of('KID_UNKNOWN', 'b', { kid: 'k1', iss: ISSUER }), {
      nodes: [node('a'), node('b', { ringVersion: 3 })],
    }),
    /in the ring \(active since 2026-11-23 10:01:00Z\), and b still serves an older one \(started[\s\S]*\nRestart b/,
  ],
  [
    'a key that the refusing node, which has gone, had not read',
    groupOf(of('KID_UNKNOWN', 'old', { kid: 'k1', iss: ISSUER })),
    /old is not there any more/,
  ],
  [
    'a key that was withdrawn',
    groupOf(of('KID_UNKNOWN', 'b', { kid: 'k0', iss: ISSUER }), { keys: [key('k0', 'revoked')] }),
    /k0 is revoked since[\s\S]*on purpose/,
  ],
  [
    'tokens of another environment',
    groupOf(of('KID_UNKNOWN', 'b', { kid: 'zz', iss: 'https://staging.example.com' })),
    /name https:\/\/staging\.example\.com as their issuer, and this one is https:\/\/id/,
  ],
  [
    'tokens for another API',
    groupOf(of('AUD_WRONG_API', 'a', { aud: ['https://b'] })),
    /are for https:\/\/b\./,
  ],
  [
    'a proxy that is counted as everybody',
    groupOf(
      ['1.1.1.1', '2.2.2.2'].flatMap((forwarded_for) =>
        of('RATE_LIMITED', 'a', { address: '10.0.0.1', forwarded_for }),
      ),
    ),
    /counted as 10\.0\.0\.1[\s\S]*TRUSTED_PROXIES/,
  ],
  [
    'one clock',
    groupOf(of('CLOCK_VERIFIER_BEHIND', 'b', {})),
    /only b refuses over the time: its clock is probably wrong[\s\S]*NTP/,
  ],
  [
    'one token that is sent again and again',
    groupOf(of('TOKEN_EXPIRED', 'a', { credential_fp: 'abc', address: '192.0.2.1', seconds_left: -9000 }, 8)),
    /fingerprint abc\) was sent 8 times within [\s\S]*192\.0\.2\.1[\s\S]*refresh/,
  ],
  [
    'one node with another configuration',
    groupOf(of('SCOPE_MISSING', 'b', { config_fp: 'c2' }), {
      all: [...of('SCOPE_MISSING', 'b', { config_fp: 'c2' }), ...of('HDR_MISSING', 'a', {})],
    }),
    /Only b refuses, and its configuration \(c2\) is not that of the others \(c1\)/,
  ],
]
for (const [what, group, said] of EXPLAINED) {
  test(`doctor watch explains ${what}, and says what to do`, () => {
    const explained = explainGroup(group)
    assert.match(`${explained?.because}\n${explained?.remedy}`, said)
  })
}

test('what is not shown is not said', () => {
  for (const group of [
    groupOf(of('KID_UNKNOWN', 'b', { kid: 'zz', iss: ISSUER })),
    groupOf(of('SIG_WRONG_KEY', 'b', { kid: 'k1', iss: ISSUER })),
    groupOf([...of('KID_UNKNOWN', 'a', { iss: 'https://x' }), ...of('KID_UNKNOWN', 'a', { iss: ISSUER })]),
    groupOf([...of('TOKEN_EXPIRED', 'a', {}), ...of('TOKEN_EXPIRED', 'b', {})]),
    groupOf(of('TOKEN_EXPIRED', 'b', { seconds_left: -5000 }), { nodes: [node('b')] }),
    groupOf(of('RATE_LIMITED', 'a', { address: '10.0.0.1' })),
    groupOf(of('SCOPE_MISSING', 'b', {}), {
      all: [...of('SCOPE_MISSING', 'b', {}), ...of('HDR_MISSING', 'a', {})],
    }),
    groupOf([]),
  ]) {
    assert.equal(explainGroup(group), undefined, JSON.stringify(group.records[0]))
  }
})

test('the sentence names share, cause, key, node, reason and remedy; numbers are those that were counted', () => {
  const records = of('KID_UNKNOWN', 'b', { kid: 'k1', iss: ISSUER })
  const counts = [
    { at: AT, code: 'KID_UNKNOWN', node: 'b', count: 3700 },
    { at: AT, code: 'TOKEN_EXPIRED', node: 'a', count: 6000 },
    { at: AT - 600_000, code: 'TOKEN_EXPIRED', node: 'b', count: 300 },
  ]
  const report = reportRefusals(
    { counts, records },
    {
      nodes: [node('a'), node('b', { ringVersion: 3 })],
      keys: [key('k1', 'active')],
      ringVersion: 4,
      issuer: ISSUER,
    },
    AT / 1000,
  )
  assert.equal(report.total, 10_000)
  const [expired, unknown] = report.groups
  assert.deepEqual([expired?.code, expired?.percent, unknown?.percent], ['TOKEN_EXPIRED', 63, 37])
  assert.match(
    unknown?.sentence ?? '',
    /^37 % of refusals since 10:02:00: KID_UNKNOWN \(3700\)\. [\s\S]*kid k1\. Seen only on node b\. All at GET \/orders\. The key is in the ring[\s\S]*Restart b/,
  )
  assert.ok((expired?.remedy ?? '').length > 0, 'without a reason that is found, what is usually to be done')
})

test('G-7: what a token says of itself draws nothing in a terminal', () => {
  const hostile = 'https://x\u001b[2J\u202e\r\n'
  const report = reportRefusals(
    { counts: [], records: of('KID_UNKNOWN', 'b', { kid: hostile, iss: hostile, route: hostile }) },
    { nodes: [node('a'), node('b')], keys: [], ringVersion: 4, issuer: ISSUER },
    AT / 1000,
  )
  assert.doesNotMatch(report.groups[0]?.sentence ?? '', /[\p{Cc}\p{Cf}]/u)
})
