import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { readToken, type SessionToken } from './sessions.ts'

const PATIENCE_MILLISECONDS = 15_000
const PAUSE_MILLISECONDS = 20

/** What clients share: where the servers are now, and who is told of what they see. */
export interface ClientWorld {
  /** One of the servers, by chance. */
  serverUrl(): string
  /** Fulfilled when it makes sense to try again. */
  untilUp(): Promise<void>
  below(limit: number): number
  note(what: string): void
  violation(text: string): void
  /** Called for each answer that confirms something. */
  onAnswer(): void
  readonly stopped: boolean
}

/**
 * A client as our own library is one: it stores a key beside its token before it sends, keeps both until there is an
 * answer, and stores the answer. Now and then two tabs send at once.
 */
export class RefreshingClient {
  /** Stored, as far as the client knows. */
  token: SessionToken
  /** Sessions that this client has seen signed out. */
  readonly signedOut: SessionToken[] = []
  /** Set from outside: signs out at the next turn, and goes on with another session. */
  leaving = false
  /** Confirmed refreshes. */
  answers = 0

  private readonly world: ClientWorld
  private key: string = randomUUID()
  private readonly spare: SessionToken[]

  constructor(token: SessionToken, world: ClientWorld, spare: SessionToken[] = []) {
    this.token = token
    this.world = world
    this.spare = spare
  }

  async live(): Promise<void> {
    while (!this.world.stopped) {
      if (this.leaving) await this.signOut()
      else await this.refresh(this.world.below(4) === 0 ? 2 : 1)
    }
  }

  private async refresh(tabs: number): Promise<void> {
    const { world, token } = this
    const body = JSON.stringify({ refresh_token: token.text })
    const headers = { 'content-type': 'application/json', 'idempotency-key': this.key }
    const sent = Array.from({ length: tabs }, () => this.post('/refresh', { method: 'POST', headers, body }))
    const answers = (await Promise.all(sent)).filter((answer) => answer !== undefined)
    for (const { status, text } of answers) {
      if (status === 503) world.note('try again')
      else if (status !== 200) {
        world.violation(`signed out at generation ${token.generation}: ${status} ${text}`)
        await this.begin()
        return
      }
    }
    const texts = new Set(
      answers.filter(({ status }) => status === 200).map(({ text }) => refreshTokenOf(text)),
    )
    if (texts.size > 1) world.violation(`two successors of generation ${token.generation}`)
    const [text] = texts
    if (text === undefined) {
      world.note('retries')
      await world.untilUp()
      await pause(PAUSE_MILLISECONDS)
      return
    }
    const successor = readToken(text)
    if (successor.generation !== token.generation + 1) {
      world.violation(`generation ${successor.generation} came after ${token.generation}`)
    }
    this.token = successor
    this.key = randomUUID()
    this.answers += 1
    world.note('refreshes')
    world.onAnswer()
  }

  private async signOut(): Promise<void> {
    const { world, token } = this
    const body = JSON.stringify({ refresh_token: token.text })
    while (!world.stopped) {
      const answer = await this.post('/logout', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      if (answer?.status === 204) {
        world.note('sign-outs')
        this.signedOut.push(token)
        this.leaving = false
        return this.begin()
      }
      await world.untilUp()
      await pause(PAUSE_MILLISECONDS)
    }
  }

  private async begin(): Promise<void> {
    const next = this.spare.pop()
    if (next === undefined) throw new Error('no session is left to go on with')
    this.token = next
    this.key = randomUUID()
  }

  private async post(path: string, init: RequestInit): Promise<{ status: number; text: string } | undefined> {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MILLISECONDS)
      const response = await fetch(this.world.serverUrl() + path, { ...init, signal })
      return { status: response.status, text: await response.text() }
    } catch (error) {
      if (error instanceof Error && error.name === 'TimeoutError') this.world.note('no answer in time')
      return undefined
    }
  }
}

function refreshTokenOf(text: string): string {
  return String(JSON.parse(text).refresh_token)
}
