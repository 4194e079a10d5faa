import type { Finding } from './finding.ts'
import { alike, isSuccess } from './judge.ts'
import type { Send } from './send.ts'
import { isGuarded, type Target } from './target.ts'
import { NOWHERE } from './variants.ts'

/** The idea by which these are found. */
export const NOT_LISTED = 'not-in-the-list'

/** What is left lying about, and never meant for strangers. */
const FORGOTTEN = [
  '/.env',
  '/.git/config',
  '/admin',
  '/debug',
  '/debug/pprof/',
  '/debug/vars',
  '/actuator/env',
  '/actuator/heapdump',
  '/metrics',
  '/server-status',
  '/phpinfo.php',
  '/console',
  '/backup.sql',
  '/package.json',
]

/**
 * Paths that no list names and that answer strangers: the usual forgotten ones, and by GET those above and at the
 * guarded routes. A page that answers every path is none.
 */
export async function findForgotten(
  targets: readonly Target[],
  issuerPaths: readonly string[],
  send: Send,
): Promise<Finding[]> {
  const named = new Set([...targets.map(({ address }) => address.split('?')[0]), ...issuerPaths])
  const asked = new Set(
    targets.filter((target) => isGuarded(target)).flatMap(({ address }) => pathsAbove(address)),
  )
  const byGet = new Set(
    targets.filter(({ method }) => method === 'GET').map(({ address }) => address.split('?')[0]),
  )
  const paths = [...FORGOTTEN.filter((path) => !named.has(path)), ...asked].filter((path) => !byGet.has(path))
  const findings: Finding[] = []
  for (const path of new Set(paths)) {
    const answer = await send({ method: 'GET', path })
    if (!isSuccess(answer.status)) continue
    const beside = [NOWHERE, `${path.replace(/\/+$/, '')}-nothing-is-here`]
    const others = await Promise.all(beside.map((other) => send({ method: 'GET', path: other })))
    if (others.some((other) => alike(other, answer))) continue
    findings.push({
      kind: 'open',
      target: { method: 'GET', path, address: path, access: 'undeclared', carriers: [] },
      tried: { name: NOT_LISTED, what: 'nobody: no credential was sent' },
      spellings: ['no credential'],
      why: `${answer.status}, and no list names this route`,
      asked: `GET ${path}`,
    })
  }
  return findings
}

/** `/a/b/c` → `/a/b/c`, `/a/b`, `/a`. */
function pathsAbove(address: string): string[] {
  const parts = (address.split('?')[0] ?? '').split('/').filter(Boolean)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}
