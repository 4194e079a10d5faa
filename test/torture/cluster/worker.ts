import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { HeldAccess, HeldSession, Referee, Seen } from './referee.ts'

/** What the clients are up against. */
export interface Cluster {
  readonly nodes: number
  /** One request to one of the nodes. Never rejects. */
  ask(node: number, path: string, init: RequestInit): Promise<Seen>
}

/** Who signs in, and who asks about tokens. */
export interface People {
  readonly names: readonly string[]
  readonly password: string
  /** The Authorization header of a client that may introspect. */
  readonly introspector: string
}

export interface WorkPlace {
  readonly cluster: Cluster
  readonly people: People
  readonly referee: Referee
  below(limit: number): number
}

type Kind = 'check' | 'refresh' | 'introspect' | 'present' | 'logout' | 'revoke' | 'revokeAccess'

/** In a hundred. */
const SHARES: readonly (readonly [kind: Kind, share: number])[] = [
  ['check', 52],
  ['refresh', 24],
  ['present', 13],
  ['introspect', 6],
  ['logout', 2],
  ['revoke', 2],
  ['revokeAccess', 1],
]

/** One request after the other about one session. Everything that is answered goes to the referee. */
export class Worker {
  session: HeldSession | undefined
  /** What came last. */
  seen: Seen | undefined
  private readonly place: WorkPlace
  private readonly name: string
  /** Of its own network, for sign-ins are counted by it. */
  private readonly address: string
  /** Kept until there is an answer: see `Idempotency-Key` in docs/client.md. */
  private key = randomUUID()
  /** An end that was asked for, and may have come or not. */
  private unconfirmed: (() => Promise<boolean>) | undefined

  constructor(place: WorkPlace, number: number) {
    const { names } = place.people
    this.place = place
    this.name = names[number % names.length] ?? ''
    this.address = `198.18.${number >> 8}.${number & 255}`
  }

  /** Works until it is told to stop, with so many milliseconds between two requests on average. */
  async live(isStopped: () => boolean, paceMilliseconds: number): Promise<void> {
    while (!isStopped()) {
      await this.work()
      await pause(this.place.below(2 * paceMilliseconds))
    }
  }

  /** One request, by chance. */
  async work(): Promise<void> {
    const { session, unconfirmed } = this
    if (unconfirmed !== undefined) {
      if (await unconfirmed()) this.unconfirmed = undefined
      return
    }
    if (session === undefined || session.isEnding) return void (await this.signIn())
    const { access } = session
    switch (this.draw()) {
      case 'check':
        return void (await this.check(access))
      case 'refresh':
        return void (await this.refresh())
      case 'introspect':
        return void (await this.introspect(access))
      case 'present':
        return this.presentEnded()
      case 'logout':
        return this.confirm(() => this.signOut())
      case 'revoke':
        return this.confirm(() => this.revokeSession(session))
      case 'revokeAccess':
        return this.confirm(() => this.revokeAccess(access))
    }
  }

  /** Whether it was done is not known before it is confirmed, so it is asked for until it is. */
  private async confirm(end: () => Promise<boolean>): Promise<void> {
    if (!(await end())) this.unconfirmed = end
  }

  isSignedIn(): boolean {
    return this.session !== undefined && !this.session.isEnding
  }

  /** Resolves to whether it was confirmed. */
  async signIn(node?: number): Promise<boolean> {
    const form = { grant_type: 'password', username: this.name, password: this.place.people.password }
    this.session = this.place.referee.signedIn(await this.post('/token', { form }, node))
    this.key = randomUUID()
    return this.session !== undefined
  }

  async check(access: HeldAccess, node?: number): Promise<boolean> {
    const headers = { authorization: `Bearer ${access.text}` }
    return this.place.referee.checked(access, await this.ask('/orders', { headers }, node))
  }

  async refresh(node?: number): Promise<boolean> {
    const { session, key } = this
    const { referee } = this.place
    if (session === undefined || referee.mustSpare(session)) return false
    const sent = session.refresh
    const json = { refresh_token: sent.text }
    const seen = await this.post('/refresh', { json, headers: { 'idempotency-key': key } }, node)
    if (!referee.refreshed(session, sent, seen)) return false
    this.key = randomUUID()
    return true
  }

  async introspect(access: HeldAccess, node?: number): Promise<boolean> {
    const headers = { authorization: this.place.people.introspector }
    const seen = await this.post('/introspect', { form: { token: access.text }, headers }, node)
    return this.place.referee.introspected(access, seen)
  }

  async signOut(node?: number): Promise<boolean> {
    const { session } = this
    if (session === undefined) return true
    const json = { refresh_token: session.refresh.text }
    return this.endSession(session, () => this.post('/logout', { json }, node))
  }

  private revokeSession(session: HeldSession): Promise<boolean> {
    return this.endSession(session, () => this.revoke(session.refresh.text))
  }

  private async endSession(session: HeldSession, ask: () => Promise<Seen>): Promise<boolean> {
    session.isEnding = true
    session.access.isEnding = true
    if (!this.place.referee.ended(session, await ask())) return false
    this.session = undefined
    return true
  }

  private async revokeAccess(access: HeldAccess): Promise<boolean> {
    access.isEnding = true
    return this.place.referee.accessEnded(access, await this.revoke(access.text))
  }

  private async presentEnded(): Promise<void> {
    const { referee, below } = this.place
    const access = referee.endedAccess(below)
    if (access !== undefined) await (below(4) === 0 ? this.introspect(access) : this.check(access))
    const refresh = below(4) === 0 ? referee.endedRefresh(below) : undefined
    if (refresh === undefined) return
    const seen = await this.post('/refresh', { json: { refresh_token: refresh.text } })
    referee.refreshedAfterEnd(refresh, seen)
  }

  private revoke(token: string): Promise<Seen> {
    return this.post('/revoke', { form: { token, client_id: 'first-party' } })
  }

  private post(path: string, { json, form, headers }: Body, node?: number): Promise<Seen> {
    const body = form === undefined ? JSON.stringify(json) : new URLSearchParams(form).toString()
    const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded'
    return this.ask(path, { method: 'POST', headers: { ...headers, 'content-type': type }, body }, node)
  }

  private async ask(path: string, init: RequestInit, node?: number): Promise<Seen> {
    const { cluster, below } = this.place
    const headers = { ...init.headers, 'x-forwarded-for': this.address }
    this.seen = await cluster.ask(node ?? below(cluster.nodes), path, { ...init, headers })
    return this.seen
  }

  private draw(): Kind {
    let rest = this.place.below(100)
    for (const [kind, share] of SHARES) {
      rest -= share
      if (rest < 0) return kind
    }
    return 'check'
  }
}

interface Body {
  readonly json?: unknown
  readonly form?: Record<string, string>
  readonly headers?: Record<string, string>
}
