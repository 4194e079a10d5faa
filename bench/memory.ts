import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { askTimes } from './flood/checked-load.ts'
import { bodyOf } from './flood/sign-in.ts'
import { ACCOUNTS, emailOf, PASSWORD, startTarget, type Target } from './flood/target.ts'
import { openConnection } from './load/connection.ts'
import { CONNECTIONS, type Issuer, startIssuer } from './load/issuer.ts'
import { residentMebibytes } from './load/memory.ts'
import { startServed } from './load/served.ts'
import { round } from './load/times.ts'

/**
 * Memory before and after the same load, so many requests and no matter how fast: sign-ins and checked requests of an
 * application beside Better Auth, what clients ask of a server (`countersign serve`, as it is shipped) beside
 * node-oidc-provider. After it the process has its rest.
 */
const { signIns, checked, each } = round({ signIns: 200, checked: 20_000, each: 6400 })
const REST_MILLISECONDS = 5000
/** Of the peer's, after the load. */
const GOAL = 0.5

interface Memory {
  readonly before: number
  readonly after: number
  readonly rested: number
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
try {
  console.log(`Node ${process.versions.node}; resident memory of the process, MiB\n`)
  console.log(`| ${signIns} sign-ins, ${checked} checked requests | before | after | after 5 s of rest | |`)
  console.log('|---|---|---|---|---|')
  const ours = await afterSignIns('countersign')
  const peer = await afterSignIns('better-auth')
  console.log(row('Countersign, SQLite', ours, shareOf(ours, peer)))
  console.log(row('Better Auth, SQLite', peer))

  console.log(
    `\n| ${each} refreshes, client credentials, introspections | before | after | after 5 s of rest | |`,
  )
  console.log('|---|---|---|---|---|')
  const issuer = await afterGrants(
    await startServed({ folder, databaseUrl: `sqlite:${join(folder, 'auth.db')}`, workers: 1 }),
  )
  const provider = await afterGrants(await startIssuer('oidc-provider', folder))
  console.log(row('countersign serve, SQLite', issuer, shareOf(issuer, provider)))
  console.log(row('oidc-provider, memory store', provider))
} finally {
  rmSync(folder, { recursive: true })
}

async function afterSignIns(name: 'countersign' | 'better-auth'): Promise<Memory> {
  const own = mkdtempSync(join(folder, `${name}-`))
  const target = await startTarget(name, own)
  try {
    return await memoryOf(target.pid, async () => {
      for (let number = 0; number < signIns; number += 1) await signIn(target, number)
      await askTimes(target, checked)
    })
  } finally {
    await target.stop()
  }
}

/** Each from a place of its own: how often one may try is not measured here. */
async function signIn({ port, signIn: form }: Target, number: number): Promise<void> {
  const { text, headers } = bodyOf(form, emailOf(number % ACCOUNTS), PASSWORD)
  const { 'content-length': _, ...sent } = headers
  const response = await fetch(`http://127.0.0.1:${port}${form.path}`, {
    method: 'POST',
    body: text,
    headers: { ...sent, 'x-forwarded-for': `10.0.${number >> 8}.${number & 255}` },
  })
  await response.text()
  if (response.status !== 200) throw new Error(`a sign-in was answered ${response.status}`)
}

async function afterGrants(issuer: Issuer): Promise<Memory> {
  const { paths, credentials, refreshTokens, accessToken } = issuer
  const work = async (index: number): Promise<void> => {
    const connection = openConnection(issuer.port)
    const post = (path: string, form: Record<string, string>): Promise<string> =>
      connection.post(path, new URLSearchParams({ ...form, ...credentials }).toString())
    for (let count = 0; count < each / CONNECTIONS; count += 1) {
      const refresh_token = refreshTokens[index] ?? ''
      const body = await post(paths.token, { grant_type: 'refresh_token', refresh_token })
      refreshTokens[index] = JSON.parse(body).refresh_token
      await post(paths.token, { grant_type: 'client_credentials', scope: 'profile:read' })
      await post(paths.introspect, { token: accessToken })
    }
    connection.close()
  }
  try {
    return await memoryOf(issuer.child.pid ?? 0, async () => {
      await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => work(index)))
    })
  } finally {
    await issuer.stop()
  }
}

async function memoryOf(pid: number, load: () => Promise<void>): Promise<Memory> {
  const before = residentMebibytes(pid)
  await load()
  const after = residentMebibytes(pid)
  await wait(REST_MILLISECONDS)
  return { before, after, rested: residentMebibytes(pid) }
}

function shareOf(ours: Memory, peer: Memory): string {
  return `${(ours.after / peer.after).toFixed(2)} × (goal: at most ${GOAL} ×)`
}

function row(name: string, { before, after, rested }: Memory, note = ''): string {
  return `| ${[name, ...[before, after, rested].map(Math.round), note].join(' | ')} |`
}
