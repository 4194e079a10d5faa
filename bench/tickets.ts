import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../test/servers/postgres.ts'
import {
  askAllTheTime,
  CONNECTIONS,
  type Figures,
  type Issuer,
  type Load,
  median,
  refreshing,
  startIssuer,
} from './load/issuer.ts'

/**
 * WebSocket tickets over HTTP beside the refresh on the same server: bought alone, and bought and used in turn. To use one
 * is what is done before the upgrade of a socket is accepted, and one write, as a refresh is.
 */
const WARM_UP = { requests: 5000, atMostMilliseconds: 5000 }
const MEASURED_MILLISECONDS = 4000
const ROUNDS = 3

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
const database = await startPostgres({ durable: true })
const issuers: Issuer[] = []
try {
  console.log(`Node ${process.versions.node}, ${CONNECTIONS} connections, median of ${ROUNDS} rounds\n`)
  console.log('| | a second | CPU each, µs | of the refresh |')
  console.log('|---|---|---|---|')
  const databases = { SQLite: `sqlite:${join(folder, 'auth.db')}`, PostgreSQL: database.url }
  for (const [name, url] of Object.entries(databases)) {
    const issuer = await startIssuer('countersign', folder, url)
    issuers.push(issuer)
    await report(name, issuer)
  }
} finally {
  for (const issuer of issuers) await issuer.stop()
  await database.stop()
  rmSync(folder, { recursive: true })
}

async function report(name: string, issuer: Issuer): Promise<void> {
  const loads = { refresh: refreshing(issuer), bought: buying(issuer), used: buyingAndUsing(issuer) }
  const rounds: Record<keyof typeof loads, Figures[]> = { refresh: [], bought: [], used: [] }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [load, asking] of Object.entries(loads)) {
      const warmUp = round === 0 ? WARM_UP : { requests: 0, atMostMilliseconds: 0 }
      const figures = await askAllTheTime(issuer, { ...asking, warmUp, milliseconds: MEASURED_MILLISECONDS })
      rounds[load as keyof typeof loads].push(figures)
    }
  }
  const refresh = median(rounds.refresh, 'perSecond')
  const row = (title: string, figures: readonly Figures[], requests = 1): void => {
    const rate = median(figures, 'perSecond') / requests
    const cpu = median(figures, 'cpuMicroseconds') * requests
    const cells = [title, Math.round(rate), Math.round(cpu), `${(rate / refresh).toFixed(2)} ×`]
    console.log(`| ${cells.join(' | ')} |`)
  }
  row(`refresh, ${name}`, rounds.refresh)
  row(`ticket bought, ${name}`, rounds.bought)
  row(`ticket bought and used, ${name}`, rounds.used, 2)
}

function buying({ accessToken }: Issuer): Load {
  const headers = { Authorization: `Bearer ${accessToken}` }
  return { request: () => ({ path: '/ws-ticket', form: {}, headers }) }
}

/** Every connection buys one, spends it, and buys the next. */
function buyingAndUsing(issuer: Issuer): Load {
  const { request: buy } = buying(issuer)
  const held: string[] = []
  return {
    request(index) {
      const ticket = held[index]
      return ticket === undefined ? buy(index) : { path: `/ws?ticket=${ticket}`, form: {} }
    },
    taken(index, body) {
      if (held[index] !== undefined) delete held[index]
      else held[index] = JSON.parse(body).ticket
    },
  }
}
