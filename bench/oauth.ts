import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askAllTheTime, CONNECTIONS, type Figures, type Issuer, median, startIssuer } from './load/issuer.ts'

/** What clients ask an authorization server, over HTTP, side by side with node-oidc-provider: the same loads in turn. */
/** Before the first round of each server; it stays warm. */
const WARM_UP = { requests: 4000, atMostMilliseconds: 3000 }
const WARM = { requests: 0, atMostMilliseconds: 0 }
const MEASURED_MILLISECONDS = 4000
const ROUNDS = 3
const LOADS = ['client_credentials', 'refresh', 'introspect', 'code flow'] as const
/** How many times the peer's rate ours should be. */
const GOALS = { client_credentials: 2, refresh: 3, introspect: 1.5, 'code flow': 1.5 } as const

type Load = (typeof LOADS)[number]

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const REDIRECT_URI = 'https://bench.example.com/callback'

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
try {
  const figures = new Map<string, Figures[]>()
  // Servers of its own for each load: the peer's memory forgets the oldest of a thousand things.
  for (const load of LOADS) {
    const issuers = {
      ours: await startIssuer('countersign', folder, `sqlite:${join(folder, `${load}.db`)}`),
      peer: await startIssuer('oidc-provider', folder),
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [name, issuer] of Object.entries(issuers)) {
        const of = `${name} ${load}`
        figures.set(of, [...(figures.get(of) ?? []), await measure(issuer, load, round)])
      }
    }
    for (const issuer of Object.values(issuers)) await issuer.stop()
  }
  report(figures)
} finally {
  rmSync(folder, { recursive: true })
}

/** A browser that is signed in goes to the authorization endpoint, and the client exchanges the code: two requests. */
async function measureCodeFlow(issuer: Issuer, round: number): Promise<Figures> {
  const { paths, credentials, browsers } = issuer
  const query = new URLSearchParams({
    client_id: credentials.client_id ?? '',
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: 'openid profile:read',
    state: 'xyz',
    nonce: 'abc',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const codes: (string | undefined)[] = []
  const each = await askAllTheTime(issuer, {
    request(index) {
      const code = codes[index]
      if (code === undefined) return { path: `${paths.authorize}?${query}`, cookie: browsers[index] ?? '' }
      const exchange = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI }
      return { path: paths.token, form: { ...exchange, code_verifier: VERIFIER, ...credentials } }
    },
    taken(index, answer) {
      if (codes[index] === undefined) {
        codes[index] = new URL(answer, REDIRECT_URI).searchParams.get('code') ?? undefined
        if (codes[index] === undefined) throw new Error(`no code: ${answer}`)
        return
      }
      codes[index] = undefined
      if (!answer.includes('"id_token"')) throw new Error(answer)
    },
    warmUp: round === 0 ? WARM_UP : WARM,
    milliseconds: MEASURED_MILLISECONDS,
  })
  return { perSecond: each.perSecond / 2, cpuMicroseconds: each.cpuMicroseconds * 2 }
}

function measure(issuer: Issuer, load: Load, round: number): Promise<Figures> {
  if (load === 'code flow') return measureCodeFlow(issuer, round)
  const { paths, credentials, refreshTokens, accessToken } = issuer
  const forms = {
    client_credentials: () => ({ grant_type: 'client_credentials', scope: 'profile:read' }),
    refresh: (index: number) => ({
      grant_type: 'refresh_token',
      refresh_token: refreshTokens[index] ?? '',
    }),
    introspect: () => ({ token: accessToken }),
  }
  return askAllTheTime(issuer, {
    request: (index) => ({
      path: load === 'introspect' ? paths.introspect : paths.token,
      form: { ...forms[load](index), ...credentials },
    }),
    taken(index, body) {
      if (load === 'refresh') refreshTokens[index] = JSON.parse(body).refresh_token
      if (load === 'introspect' && !body.includes('"active":true')) throw new Error(body)
    },
    warmUp: round === 0 ? WARM_UP : WARM,
    milliseconds: MEASURED_MILLISECONDS,
  })
}

function report(figures: ReadonlyMap<string, readonly Figures[]>): void {
  console.log(`Node ${process.versions.node}, ${CONNECTIONS} connections, median of ${ROUNDS} rounds`)
  console.log('Countersign on SQLite (synchronous=FULL), oidc-provider on its memory store\n')
  console.log(
    '| | Countersign, a second | CPU each, µs | oidc-provider, a second | CPU each, µs | rate | CPU | goal |',
  )
  console.log('|---|---|---|---|---|---|---|---|')
  for (const load of LOADS) {
    const [ours, peer] = [`ours ${load}`, `peer ${load}`]
    const cells = [
      load,
      Math.round(median(figures.get(ours), 'perSecond')),
      Math.round(median(figures.get(ours), 'cpuMicroseconds')),
      Math.round(median(figures.get(peer), 'perSecond')),
      Math.round(median(figures.get(peer), 'cpuMicroseconds')),
      `${(median(figures.get(ours), 'perSecond') / median(figures.get(peer), 'perSecond')).toFixed(1)} ×`,
      `${(median(figures.get(peer), 'cpuMicroseconds') / median(figures.get(ours), 'cpuMicroseconds')).toFixed(1)} ×`,
      `${GOALS[load]} ×`,
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
}
