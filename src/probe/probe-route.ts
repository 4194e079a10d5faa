import type { Forgery, Idea, Material } from '../hostile/idea.ts'
import { ideas } from '../hostile/index.ts'
import { malformed } from '../hostile/malformed.ts'
import type { RequirementData } from '../model/inventory.ts'
import { type Conversation, type Finding, startConversation, type Tried, type Untried } from './finding.ts'
import {
  alike,
  judgeAnyone,
  judgeForged,
  judgeGood,
  judgeLacking,
  judgeStranger,
  judgeVariant,
} from './judge.ts'
import type { Answer, Send, Sent } from './send.ts'
import type { TokenSource } from './source.ts'
import { isGuarded, isSafe, type Target, takesTokens } from './target.ts'
import { NOWHERE, type Variant, variantsOf } from './variants.ts'

export interface RouteOptions {
  readonly send: Send
  readonly source: TokenSource
  /** Good credentials go to methods that change something, too. */
  readonly unsafe: boolean
}

/** What became of one route. */
export interface RouteReport {
  readonly target: Target
  readonly findings: readonly Finding[]
  /** How many answers were judged. With none the route was not asked. */
  readonly answers: number
  /** Whether a good token was let in; undefined where none was sent. */
  readonly letsIn: boolean | undefined
  readonly untried: readonly Untried[]
}

/** Asks one route: as a stranger, by other spellings, with a good token, and with every bad one there is. */
export async function probeRoute(target: Target, options: RouteOptions): Promise<RouteReport> {
  const talk = startConversation(target, options.send)
  const letsIn = isGuarded(target) ? await askGuarded(talk, options) : await askOpen(talk, options)
  const { findings, answers, untried } = talk
  return { target, findings, answers, letsIn, untried }
}

const STRANGER: Tried = { name: 'no-credential', what: 'nobody: no credential was sent' }
const VARIANT: Tried = { name: 'variant', what: 'a stranger who writes the request in another way' }
const VALID: Tried = { name: 'valid', what: 'a good token' }
const IN_QUERY: Tried = { name: 'token-in-query', what: 'a token in the address, where logs keep it' }
const REFRESH: Tried = { name: 'refresh-token', what: 'a refresh token' }

/** Where nobody needs a credential one may still be read: what matters is that nothing falls over. */
async function askOpen(
  { target, ask, note, untried }: Conversation,
  { source }: RouteOptions,
): Promise<undefined> {
  if (!isSafe(target.method)) {
    untried.push({ what: 'everything', why: 'for anyone, and it changes things' })
    return
  }
  const plain = requestFor(target)
  note(judgeAnyone(await ask(plain)), STRANGER, 'no credential', plain)
  for (const forgery of malformed.make(source.materialFor(undefined))) {
    const answer = await ask(withCredential(plain, forgery))
    const failed = answer.status === 0 || answer.status >= 500
    if (failed) note(judgeGood(answer), malformed, forgery.spelling, plain)
  }
}

/** Whether a good token was let in. */
async function askGuarded(talk: Conversation, options: RouteOptions): Promise<boolean | undefined> {
  const { target, ask, note, untried } = talk
  const plain = requestFor(target)
  const undeclared = target.access === 'undeclared'
  const stranger = await ask(plain)
  const first = judgeStranger(stranger, undeclared)
  note(first, STRANGER, 'no credential', plain)
  // Whoever lets strangers in believes every token: that need not be said a hundred times.
  if (first?.kind === 'open') {
    untried.push({ what: 'everything else', why: 'it is open' })
    return
  }
  for (const variant of variantsOf(target)) await askVariant(talk, variant)
  if (!takesTokens(target)) {
    if (!undeclared) untried.push({ what: 'tokens', why: 'it takes no bearer tokens' })
    return
  }
  const requirement = requirementOf(target)
  const material = options.source.materialFor(requirement)
  const letsIn = await askWithGood(talk, plain, material.genuine, options)
  await askWithForgeries(talk, plain, material, stranger)
  for (const [tried, spelling, sent] of misplaced(plain, material.genuine, options.source)) {
    note(judgeForged(await ask(sent), stranger), tried, spelling, plain)
  }
  return letsIn
}

async function askVariant({ ask, note }: Conversation, { name, sent, without }: Variant): Promise<void> {
  const answer = await ask(sent)
  const judgement = judgeVariant(answer, sent.method)
  if (judgement?.kind === 'open' && (await isElsewhere(sent, without, answer, ask))) return
  note(judgement, VARIANT, name, sent)
}

async function askWithGood(
  { target, ask, note, untried }: Conversation,
  plain: Sent,
  genuine: string | undefined,
  { source, unsafe }: RouteOptions,
): Promise<boolean | undefined> {
  if (genuine === undefined) return undefined
  if (!isSafe(target.method) && !unsafe) {
    untried.push({ what: 'a good token', why: 'the method changes things (--unsafe)' })
    return undefined
  }
  const judgement = judgeGood(await ask(withCredential(plain, { authorization: `Bearer ${genuine}` })))
  const shut = judgement?.kind === 'shut'
  const mayRefuse = !source.fits || requirementOf(target)?.if === true
  if (shut && mayRefuse) {
    const why = source.fits ? 'the route has a rule of its own' : 'it may lack what the route asks for'
    untried.push({ what: 'to be let in', why: `a good token was answered ${judgement.why}; ${why}` })
  } else {
    note(judgement, VALID, 'a good token', plain)
  }
  return !shut
}

async function askWithForgeries(
  { ask, note }: Conversation,
  plain: Sent,
  material: Material,
  stranger: Answer,
): Promise<void> {
  for (const idea of ideas.filter((one) => carriesOut(one, material))) {
    for (const forgery of idea.make(material)) {
      const answer = await ask(withCredential(plain, forgery))
      const judgement = idea.answer === 403 ? judgeLacking(answer) : judgeForged(answer, stranger)
      note(judgement, idea, forgery.spelling, plain)
    }
  }
}

function carriesOut({ requires }: Idea, material: Material): boolean {
  return requires.every((name) => material[name] !== undefined)
}

/** Real tokens where none belongs. */
function misplaced(
  plain: Sent,
  genuine: string | undefined,
  { refreshToken }: TokenSource,
): (readonly [Tried, string, Sent])[] {
  const mark = plain.path.includes('?') ? '&' : '?'
  const inQuery =
    genuine === undefined
      ? []
      : ['access_token', 'token'].map(
          (name) =>
            [IN_QUERY, `?${name}=`, { ...plain, path: `${plain.path}${mark}${name}=${genuine}` }] as const,
        )
  if (refreshToken === undefined) return inQuery
  const authorization = `Bearer ${refreshToken}`
  return [...inQuery, [REFRESH, 'as Bearer', withCredential(plain, { authorization })]]
}

/** Whether a success came from somewhere else than the route: a page for every path, or the request as it was. */
async function isElsewhere(
  sent: Sent,
  without: Sent | undefined,
  answer: Answer,
  ask: Send,
): Promise<boolean> {
  if (without !== undefined && alike(await ask(without), answer)) return true
  const [path = ''] = sent.path.split('?')
  for (const elsewhere of [NOWHERE, `${path.replace(/\/+$/, '')}-nothing-is-here`]) {
    if (alike(await ask({ ...sent, path: elsewhere }), answer)) return true
  }
  return false
}

/** The request as it is meant, without a credential. */
export function requestFor({ method, address, body }: Target): Sent {
  return { method, path: address, ...(body && { headers: { 'content-type': body.type }, body: body.text }) }
}

export function withCredential(sent: Sent, { authorization }: Pick<Forgery, 'authorization'>): Sent {
  return { ...sent, headers: { ...sent.headers, authorization } }
}

function requirementOf({ access }: Target): RequirementData | undefined {
  return typeof access === 'string' ? undefined : access.needs
}
