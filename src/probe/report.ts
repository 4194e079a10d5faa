import { printable } from '../base/printable.ts'
import { accessWords } from '../model/inventory.ts'
import type { Finding } from './finding.ts'
import { NOT_LISTED } from './forgotten.ts'
import { FINDINGS, type FindingKind } from './judge.ts'
import type { ProbeReport } from './probe.ts'
import type { RouteReport } from './probe-route.ts'
import { isGuarded, type Target, takesTokens } from './target.ts'

const TITLES: Readonly<Record<FindingKind, (count: string) => string>> = {
  open: (routes) => `OPEN: ${routes} strangers in`,
  believed: (routes) => `BELIEVED: ${routes} in with a token that must be refused`,
  crashed: (routes) => `CRASHED: ${routes} down on a request that must be refused`,
  shut: (routes) => `SHUT: ${routes} a good token out`,
  odd: (routes) => `ODD: ${routes} strangers out, but not as the standards say`,
}

const VERBS: Readonly<Record<FindingKind, readonly [one: string, many: string]>> = {
  open: ['lets', 'let'],
  believed: ['lets somebody', 'let somebody'],
  crashed: ['falls', 'fall'],
  shut: ['keeps', 'keep'],
  odd: ['keeps', 'keep'],
}

/** How a report ends: nothing wrong, something wrong or not proven. */
export function exitStatusOf({ findings, routes, cut }: ProbeReport): 0 | 1 {
  const asked = routes.some(({ answers }) => answers > 0)
  return findings.length > 0 || cut !== undefined || !asked ? 1 : 0
}

export interface ReportOptions {
  /** Where the requests went. */
  readonly base: string
  readonly source: string
  readonly answers: number
  readonly seconds: number
  /** Makes the place of a route short, such as from the current folder. */
  readonly placeOf: (target: Target) => string | undefined
}

/** The report for people: what is wrong first, then every route, then what was not tried. */
export function reportText(report: ProbeReport, options: ReportOptions): string {
  const blocks = FINDINGS.flatMap((kind) => {
    const found = report.findings.filter((finding) => finding.kind === kind)
    return found.length === 0 ? [] : [findingsText(kind, found, options)]
  })
  return [...blocks, routesText(report), ...untriedText(report), verdictText(report, options)].join('\n\n')
}

function findingsText(kind: FindingKind, findings: readonly Finding[], options: ReportOptions): string {
  const routes = new Set(findings.map(({ target }) => `${target.method} ${target.path}`)).size
  const [one, many] = VERBS[kind]
  const count = routes === 1 ? `1 route ${one}` : `${routes} routes ${many}`
  const lines = findings.map((finding) => findingText(finding, options))
  return [TITLES[kind](count), ...lines].join('\n')
}

function findingText(finding: Finding, { base, placeOf }: ReportOptions): string {
  const { target, tried, spellings, why, asked } = finding
  const place = placeOf(target)
  const lines = [
    `  ${target.method} ${target.path}   ${declarationOf(finding)}${place ? `   ${place}` : ''}`,
    `    ${tried.what} → ${why}`,
  ]
  if (tried.name !== 'no-credential' && tried.name !== NOT_LISTED) {
    lines.push(
      `    in ${spellings.length} spelling${spellings.length === 1 ? '' : 's'}: ${shortList(spellings)}`,
    )
  }
  if (finding.kind === 'open') lines.push(`    try it: ${curl(asked, base)}`)
  return lines.map(printable).join('\n')
}

function declarationOf({ target, tried }: Finding): string {
  return tried.name === NOT_LISTED ? 'declared nowhere' : `declared: ${accessWords(target.access)}`
}

const MOST_SPELLINGS = 6
const MOST_ROUTES = 12

function shortList(texts: readonly string[], most = MOST_SPELLINGS): string {
  const more = texts.length - most
  return texts.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

/** Only for requests without a credential. `--path-as-is`: curl straightens paths too. */
function curl(asked: string, base: string): string {
  const [method, path = '/'] = splitOnce(asked)
  const option = method === 'HEAD' ? '-I' : method === 'GET' ? '-i' : `-i -X ${method}`
  return `curl ${option} --path-as-is '${base.replace(/\/$/, '')}${path.replaceAll("'", '%27')}'`
}

function splitOnce(asked: string): [string, string] {
  const at = asked.indexOf(' ')
  return [asked.slice(0, at), asked.slice(at + 1)]
}

function routesText({ routes, findings }: ProbeReport): string {
  const rows = routes.map((route) => [
    route.target.method,
    route.target.path,
    accessWords(route.target.access) + (route.target.optional ? ', reads a credential' : ''),
    stateOf(route, findings),
  ])
  const all = [['METHOD', 'PATH', 'ACCESS', 'ANSWERS SAY'], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) =>
      row
        .map((cell, column) => printable(cell).padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** What the answers of one route come to, in a few words. */
function stateOf(route: RouteReport, findings: readonly Finding[]): string {
  const wrong = FINDINGS.filter((kind) =>
    findings.some((finding) => finding.kind === kind && finding.target === route.target),
  )
  if (wrong.length > 0) return wrong.join(', ').toUpperCase()
  if (route.answers === 0) return 'not asked'
  if (!isGuarded(route.target)) return 'open, as declared'
  if (!takesTokens(route.target)) return 'strangers refused'
  return `strangers and forgeries refused${route.letsIn === true ? ', good tokens let in' : ''}`
}

/** By reason: one line for each, however many routes it holds for. */
function untriedText({ untried, routes }: ProbeReport): string[] {
  const everywhere = untried.map((one) => ({ ...one, where: undefined }))
  const here = routes.flatMap(({ target, untried: some }) =>
    some.map((one) => ({ ...one, where: `${target.method} ${target.path}` })),
  )
  const reasons = [
    ...Map.groupBy(everywhere, ({ why }) => why),
    ...Map.groupBy(here, ({ what, why }) => `${what}: ${why}`),
  ]
  if (reasons.length === 0) return []
  const lines = reasons.map(([why, cases]) => {
    const list = cases.map(({ what, where }) => where ?? what)
    return `  ${printable(why)}\n    ${printable(shortList(list, MOST_ROUTES))}`
  })
  return [['Not tried:', ...lines].join('\n')]
}

function verdictText(report: ProbeReport, { base, source, answers, seconds }: ReportOptions): string {
  const { routes, findings, cut } = report
  const asked = routes.filter((route) => route.answers > 0).length
  const tally = `${asked} of ${routes.length} routes of ${base} asked, ${answers} answers in ${seconds.toFixed(1)} s; tokens: ${source}.`
  if (cut !== undefined)
    return `${tally}\nNot every route was asked: ${cut}. ${findings.length} findings so far.`
  if (asked === 0) return `${tally}\nNothing was asked, so nothing is proven.`
  if (findings.length === 0) return `${tally}\nNothing wrong was found.`
  const count = findings.length === 1 ? '1 finding' : `${findings.length} findings`
  return `${tally}\n${count}.${hintOf(report)}`
}

/** Where no good token was let in anywhere, they are probably not good here. */
function hintOf({ routes, findings }: ProbeReport): string {
  const sent = routes.filter(({ letsIn }) => letsIn !== undefined)
  const refused = findings.some(({ kind }) => kind === 'shut') && sent.every(({ letsIn }) => letsIn === false)
  return refused
    ? ' Every good token was refused: perhaps the API trusts another issuer (ISSUER or countersign.config.ts say whose ' +
        'tokens these are; options of createAuth alone are not seen from here), or has another name for itself (--audience).'
    : ''
}

/** The report for programs. */
export function reportJson(report: ProbeReport, options: ReportOptions): Readonly<Record<string, unknown>> {
  return {
    base: options.base,
    tokens: options.source,
    answers: options.answers,
    seconds: Number(options.seconds.toFixed(1)),
    complete: report.cut === undefined,
    findings: report.findings.map(({ kind, target, tried, spellings, why, asked }) => ({
      kind,
      method: target.method,
      path: target.path,
      declared: target.access,
      at: options.placeOf(target) ?? null,
      idea: tried.name,
      what: tried.what,
      spellings,
      answer: why,
      asked,
    })),
    routes: report.routes.map((route) => ({
      method: route.target.method,
      path: route.target.path,
      access: route.target.access,
      state: stateOf(route, report.findings),
      answers: route.answers,
      lets_in: route.letsIn ?? null,
      untried: route.untried,
    })),
    untried: report.untried,
  }
}
