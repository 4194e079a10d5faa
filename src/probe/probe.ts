import type { Material } from '../hostile/idea.ts'
import { ideas } from '../hostile/index.ts'
import type { Finding, Untried } from './finding.ts'
import { findForgotten } from './forgotten.ts'
import { judgeForged } from './judge.ts'
import { probeRoute, type RouteOptions, type RouteReport, requestFor, withCredential } from './probe-route.ts'
import { NO_ANSWER_IN_TIME, type Send } from './send.ts'
import type { EndedSession, TokenSource } from './source.ts'
import { isSafe, type Target } from './target.ts'
import { NOWHERE } from './variants.ts'

export interface ProbeOptions extends RouteOptions {
  readonly targets: readonly Target[]
  /** Milliseconds that never run back. */
  readonly elapsed: () => number
  readonly timeLimitMilliseconds: number
  readonly sleep: (milliseconds: number) => Promise<void>
  readonly onRoute?: (target: Target) => void
}

export interface ProbeReport {
  readonly findings: readonly Finding[]
  readonly routes: readonly RouteReport[]
  /** What could not be tried on any route. */
  readonly untried: readonly Untried[]
  /** Why some routes were not asked to the end. */
  readonly cut: string | undefined
}

/**
 * Asks every route, in every way that is known to have opened one, and judges the answers. What a route declares is
 * only what the answers are compared with. Good credentials go by safe methods only, unless told otherwise. Rejects
 * where the server does not answer at all.
 */
export async function probe(given: ProbeOptions): Promise<ProbeReport> {
  const options = { ...given, send: withPatience(given) }
  const { targets, source, elapsed, send } = options
  const nowhere = await given.send({ method: 'GET', path: NOWHERE })
  if (nowhere.status === 0) throw new Error(`the server does not answer: ${nowhere.body}`)

  const routes: RouteReport[] = []
  const findings: Finding[] = []
  try {
    const ended = await source.endSession?.()
    const endedAt = elapsed()
    for (const target of targets) {
      options.onRoute?.(target)
      const route = await probeRoute(target, options)
      routes.push(route)
      findings.push(...route.findings)
    }
    if (ended !== undefined) findings.push(...(await askWithEnded(ended, endedAt, routes, options)))
    findings.push(...(await findForgotten(targets, source.issuerPaths ?? [], send)))
    return { findings, routes, untried: untriedIdeas(source), cut: undefined }
  } catch (error) {
    if (!(error instanceof CutShort)) throw error
    const missed = targets.slice(routes.length).map((target) => ({
      target,
      findings: [],
      answers: 0,
      letsIn: undefined,
      untried: [{ what: 'everything', why: error.message }],
    }))
    return { findings, routes: [...routes, ...missed], untried: untriedIdeas(source), cut: error.message }
  }
}

/** Nothing is sent any more. */
class CutShort extends Error {}

const MOST_SILENCES = 5

/** Sends until the time is up, or the server has fallen silent: a request that hangs costs its whole time limit. */
function withPatience({ send, elapsed, timeLimitMilliseconds }: ProbeOptions): Send {
  const end = elapsed() + timeLimitMilliseconds
  let silences = 0
  return async (sent) => {
    if (elapsed() > end) throw new CutShort('the time was up')
    if (silences >= MOST_SILENCES) throw new CutShort('the server stopped answering')
    const answer = await send(sent)
    silences = answer.status === 0 && answer.body === NO_ANSWER_IN_TIME ? silences + 1 : 0
    return answer
  }
}

const ENDED = { name: 'revoked', what: 'a token whose session was ended' }
const POLL_MILLISECONDS = 200

/** Every route that takes a good token must refuse one whose session was ended, once the time to learn it is over. */
async function askWithEnded(
  { authorization, withinMilliseconds }: EndedSession,
  endedAt: number,
  routes: readonly RouteReport[],
  { send, elapsed, sleep }: ProbeOptions,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { target, letsIn } of routes) {
    if (letsIn !== true || !isSafe(target.method)) continue
    const sent = withCredential(requestFor(target), { authorization })
    let answer = await send(sent)
    while (answer.status !== 401 && elapsed() - endedAt < withinMilliseconds) {
      await sleep(POLL_MILLISECONDS)
      answer = await send(sent)
    }
    const judgement = judgeForged(answer, NOT_KNOWN)
    if (judgement === undefined) continue
    const asked = `${target.method} ${target.address}`
    findings.push({ ...judgement, target, tried: ENDED, spellings: ['as Bearer'], asked })
  }
  return findings
}

const NOT_KNOWN = { status: 401, headers: {}, body: '' }

const WHY: Readonly<Partial<Record<keyof Material, string>>> = {
  sign: 'only the issuer can sign it',
  genuine: 'there is no good token to start from',
  publicKeys: "the issuer's public keys are not known",
}

/** Ideas that the source has nothing for, on any route. That a route does not ask for something is no reason. */
function untriedIdeas(source: TokenSource): ProbeReport['untried'] {
  const material = source.materialFor(undefined)
  const lacking = ideas.flatMap(({ name, requires }) => {
    const part = requires.find((one) => one !== 'requirement' && material[one] === undefined)
    return part === undefined ? [] : [{ what: name, why: WHY[part] ?? `there is no ${part}` }]
  })
  return [
    ...lacking,
    ...(material.genuine === undefined ? [{ what: 'valid', why: WHY.genuine ?? '' }] : []),
    ...(source.endSession === undefined
      ? [{ what: 'revoked', why: 'only the issuer can end a session' }]
      : []),
  ]
}
