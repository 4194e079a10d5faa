import { setTimeout as pause } from 'node:timers/promises'
import { RefreshingClient } from './nodes/client.ts'
import { postAlone } from './nodes/lone-request.ts'
import type { NodeServer } from './nodes/node-server.ts'
import type { SessionToken } from './nodes/sessions.ts'
import type { Attempt } from './torture.ts'

export const CLIENTS = 32
/** Answers between a start and a kill, at most. */
const MOST_ANSWERS = 200
const PATIENCE_MILLISECONDS = 120_000
const PAUSE_MILLISECONDS = 100

export interface StoredSession {
  readonly id: string
  readonly generation: number
  readonly ended: boolean
}

/** What is to be killed, and how to look into it from outside. */
export interface Victims {
  readonly nodes: readonly NodeServer[]
  /** Kills and starts something; calls `look` while it is dead. Resolves when it works again. */
  crash(round: number, look: () => Promise<void>): Promise<void>
  /** Every session as the database has it; throws if the database is not sound. */
  sessions(): Promise<readonly StoredSession[]>
  /** The names of events that no life causes, however often it is interrupted. */
  alarms(): Promise<readonly string[]>
}

/** Each of these says that a token was not what it should be. */
export const ALARMS = [
  'session.reuse',
  'session.ahead',
  'session.hold',
  'session.wrong_client',
  'store.rolled_back',
]

/**
 * Kills while 32 clients refresh and sign out, and looks each time whether what was confirmed is there. The first 32
 * tokens are held by clients; the others are for those who have signed out.
 */
export async function crashOften(
  attempt: Attempt,
  victims: Victims,
  tokens: readonly SessionToken[],
): Promise<void> {
  const crowd = gather(attempt, victims, tokens)
  try {
    for (let round = 0; round < attempt.count; round++) {
      await crowd.answered(1 + attempt.below(MOST_ANSWERS))
      checkLife(attempt, victims)
      const leaving = crowd.clients[attempt.below(CLIENTS)]
      if (leaving !== undefined) leaving.leaving = true
      // What is confirmed from here on may or may not be seen by the look that follows.
      const confirmed = crowd.clients.map(({ token, signedOut }) => ({ token, signedOut: [...signedOut] }))
      crowd.setDown()
      await victims.crash(round, async () => {
        compare(attempt, crowd.clients, confirmed, await victims.sessions())
      })
      crowd.setUp()
      attempt.note('kills')
      attempt.progress(round + 1)
    }
    await crowd.everybodyAnswered()
    checkLife(attempt, victims)
    crowd.stop()
    await checkSignOuts(attempt, victims, crowd.clients)
    for (const name of await victims.alarms()) attempt.violation(`event ${name}`)
  } finally {
    checkLife(attempt, victims)
    crowd.stop()
    await crowd.gone()
  }
}

/** The clients at their work, and ways to wait for it by what happens and not by a clock. */
function gather(attempt: Attempt, victims: Victims, tokens: readonly SessionToken[]) {
  let stopped = false
  let up = Promise.resolve()
  let setUp = (): void => undefined
  let answers = 0
  const waiting: { readonly isMet: () => boolean; readonly tell: () => void }[] = []
  const tell = (): void => {
    for (const one of waiting.splice(0)) {
      if (one.isMet()) one.tell()
      else waiting.push(one)
    }
  }
  const until = (isMet: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error('the clients get no more answers')),
        PATIENCE_MILLISECONDS,
      )
      const met = (): void => {
        clearTimeout(late)
        resolve()
      }
      waiting.push({ isMet, tell: met })
      tell()
    })

  const world = {
    serverUrl: () => victims.nodes[attempt.below(victims.nodes.length)]?.url ?? '',
    untilUp: () => up,
    below: attempt.below,
    note: attempt.note,
    violation: attempt.violation,
    onAnswer() {
      answers += 1
      tell()
    },
    get stopped() {
      return stopped
    },
  }
  const spare = tokens.slice(CLIENTS)
  const clients = tokens.slice(0, CLIENTS).map((token) => new RefreshingClient(token, world, spare))
  const lives = clients.map((client) => client.live())
  for (const life of lives) {
    life.catch((error: unknown) => attempt.violation(`a client failed: ${error}`))
  }

  return {
    clients,
    answered(more: number) {
      const wanted = answers + more
      return until(() => answers >= wanted)
    },
    async everybodyAnswered() {
      const former = new Map(clients.map((client) => [client, client.answers]))
      await until(() => clients.every((client) => client.answers > (former.get(client) ?? 0)))
    },
    setDown() {
      const { promise, resolve } = Promise.withResolvers<void>()
      up = promise
      setUp = resolve
    },
    setUp: () => setUp(),
    stop() {
      stopped = true
      setUp()
    },
    gone: () => Promise.allSettled(lives),
  }
}

/** A node only dies if it is killed. Clients would not tell: they go on with the other one. */
function checkLife(attempt: Attempt, { nodes }: Victims): void {
  for (const [number, node] of nodes.entries()) {
    if (node.pid() === undefined) attempt.violation(`node ${number} ended by itself:\n${node.log()}`)
  }
}

interface Confirmed {
  readonly token: SessionToken
  readonly signedOut: readonly SessionToken[]
}

function compare(
  attempt: Attempt,
  clients: readonly RefreshingClient[],
  confirmed: readonly Confirmed[],
  sessions: readonly StoredSession[],
): void {
  const rows = new Map(sessions.map((row) => [row.id, row]))
  if (rows.size !== sessions.length) attempt.violation('a session has two rows')
  for (const [number, { token, signedOut }] of confirmed.entries()) {
    const row = rows.get(token.sessionId)
    const client = clients[number]
    if (row === undefined || row.generation < token.generation) {
      attempt.violation(`lost: generation ${token.generation} was confirmed, the row has ${row?.generation}`)
      continue
    }
    const isStillHeld = client?.token.sessionId === token.sessionId
    if (isStillHeld && row.generation > client.token.generation + 1) {
      attempt.violation(`generation ${row.generation} in the row, ${client.token.generation} at the client`)
    }
    if (row.ended && isStillHeld && !client.leaving) attempt.violation(`session ${row.id} was ended`)
    for (const { sessionId } of signedOut) {
      if (rows.get(sessionId)?.ended !== true) attempt.violation('lost: a sign-out that was confirmed')
    }
  }
}

async function checkSignOuts(
  attempt: Attempt,
  victims: Victims,
  clients: readonly RefreshingClient[],
): Promise<void> {
  const url = `${victims.nodes[0]?.url}/refresh`
  const late = performance.now() + PATIENCE_MILLISECONDS
  for (const { text } of clients.flatMap(({ signedOut }) => signedOut)) {
    let status = await postAlone(url, { refresh_token: text })
    // The database may just be back, and this node may not have noticed yet.
    while (status === 503 && performance.now() < late) {
      await pause(PAUSE_MILLISECONDS)
      status = await postAlone(url, { refresh_token: text })
    }
    if (status !== 400) attempt.violation(`a session that was signed out answers ${status}`)
  }
}
