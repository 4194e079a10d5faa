import { setTimeout as pause } from 'node:timers/promises'
import type { Ledger } from '../torture.ts'
import { WINDOW_SECONDS } from './place.ts'
import type { HeldSession } from './referee.ts'
import type { Cluster } from './worker.ts'

const SESSIONS = 8
/** An older token is young for two windows at most (PROTOCOL 1.1). */
const OLD_MILLISECONDS = 2 * WINDOW_SECONDS * 1000 + 1000

/**
 * What is left after all faults, once nobody works any more: of each session one refresh token is good, on every node;
 * all nodes answer it with the same successor; and one that was passed ends the session. Where there is no session that
 * was refreshed often enough to be judged, that is a violation: what was not looked at is not well.
 * @param wait for a clock that a test moves
 */
export async function auditOneLive(
  cluster: Cluster,
  sessions: readonly HeldSession[],
  ledger: Ledger,
  wait: (milliseconds: number) => Promise<unknown> = pause,
): Promise<void> {
  const some = sessions.filter(({ texts }) => texts.size > 2).slice(0, SESSIONS)
  if (some.length === 0) ledger.violation(`none of ${sessions.length} sessions has an old token to judge by`)
  const refresh = async (node: number, text: string) => {
    const body = JSON.stringify({ refresh_token: text })
    const seen = await cluster.ask(node, '/refresh', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '198.18.255.1' },
      body,
    })
    const next = seen.status === 200 ? String(JSON.parse(seen.text).refresh_token) : undefined
    return { status: seen.status, next, text: seen.text }
  }
  const newest: string[] = []
  for (const { refresh: held } of some) {
    const nodes = Array.from({ length: cluster.nodes }, (_, node) => node)
    const answers = await Promise.all(nodes.map((node) => refresh(node, held.text)))
    for (const { status, text } of answers) {
      if (status !== 200) ledger.violation(`the live refresh token was answered ${status} ${text}`)
    }
    const texts = new Set(answers.map(({ next }) => next))
    if (texts.size !== 1) ledger.violation(`${texts.size} successors of one refresh token`)
    newest.push([...texts][0] ?? '')
  }
  await wait(OLD_MILLISECONDS)
  for (const [index, { texts }] of some.entries()) {
    const [oldest = ''] = texts.values()
    const old = await refresh(0, oldest)
    if (old.status !== 400)
      ledger.violation(`a refresh token that was passed long ago was answered ${old.status}`)
    const live = await refresh(cluster.nodes - 1, newest[index] ?? '')
    if (live.status !== 400) ledger.violation(`after reuse the session was answered ${live.status}`)
    ledger.note('sessions audited')
  }
}
