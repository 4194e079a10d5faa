import { printable } from '../../base/printable.ts'
import { isThisMachine } from '../../base/this-machine.ts'
import { diagnose } from '../../doctor/diagnose.ts'
import type { Evidence, Exchange, HttpResponse } from '../../doctor/evidence.ts'
import type { Diagnosis } from '../../doctor/finding.ts'
import { header } from '../../doctor/http-facts.ts'
import { redact } from '../../doctor/redact.ts'
import { reportDiagnosis } from '../../doctor/report.ts'
import { span } from '../../doctor/words.ts'
import { NoVerdict } from '../no-verdict.ts'
import { print, printJson } from '../output.ts'
import { type DoctorOptions, nowOf } from './answer.ts'
import { ask, jsonOf, urlOf } from './fetch.ts'
import { lookAtIssuer } from './issuer.ts'

export interface UrlOptions extends DoctorOptions {
  /** A page that is to call the service from a browser. */
  readonly origin?: string
  /** A checked route to try. */
  readonly path?: string
}

/** One line of the look at a running service. */
interface Look {
  readonly what: string
  readonly ok: boolean | undefined
  readonly seen: string
}

const CLOCK_SECONDS = 30
/** A key is published before it signs, for twice the life that our own key set has in caches. */
const KEYS_SECONDS = 600

/** Asks a running issuer or API, ours or any other, what a client and a verifier would ask it. Changes nothing there. */
export async function urlCommand(address: string, options: UrlOptions): Promise<void> {
  const url = urlOf(address)
  const shown = await lookAtIssuer(address)
  const looks: Look[] = []
  const exchanges: Exchange[] = []
  const add = (what: string, ok: boolean | undefined, seen: string) => looks.push({ what, ok, seen })

  const target = URL.parse(options.path ?? url.pathname, url.href)
  if (target?.origin !== url.origin) throw new NoVerdict('--path: a path of the service, such as /orders')
  const { response: plain, failure, isTlsFailure = false } = await ask(target.href)
  if (plain === undefined && !isTlsFailure && shown.issuer === undefined)
    throw new NoVerdict(`${target.href} does not answer (${failure}): nothing there can be judged`)

  const isHttps = url.protocol === 'https:'
  const inPlain = isThisMachine(url.hostname)
    ? 'http on this machine only'
    : 'http: credentials travel in the clear'
  // Whom no client can trust is judged by that.
  add(
    'TLS',
    !isTlsFailure && (isHttps || isThisMachine(url.hostname)),
    isTlsFailure ? `${failure}` : isHttps ? 'https' : inPlain,
  )
  add(
    'metadata',
    shown.issuer === undefined ? undefined : true,
    shown.metadataUrl ?? `none: ${shown.instead ?? 'no issuer here, or its metadata is closed'}`,
  )
  if (shown.issuer !== undefined) {
    const same = shown.issuer === address
    add(
      'issuer spelling',
      same,
      `${shown.issuer}${same ? '' : ` (asked for ${address}: use the first, character by character)`}`,
    )
    add(
      'key set',
      shown.keys !== undefined && shown.keys.length > 0,
      shown.keys === undefined
        ? `${shown.jwksUrl ?? 'not named'}: ${shown.insteadOfKeys ?? 'no answer'}`
        : `${shown.jwksUrl}: ${shown.keys.map(({ kid, alg, kty }) => `${String(kid)} (${String(alg ?? kty)})`).join(', ')}`,
    )
    const age = shown.keyAgeSeconds
    if (age !== undefined)
      add(
        'age of the key set',
        age <= KEYS_SECONDS,
        `a cache in between has had it for ${span(age)}: verifiers behind it miss keys that are younger`,
      )
  }
  if (shown.clockSeconds !== undefined)
    add(
      'clock',
      Math.abs(shown.clockSeconds) <= CLOCK_SECONDS,
      `${shown.clockSeconds} s against this machine`,
    )

  if (!isTlsFailure)
    add('answer without a credential', undefined, plain === undefined ? `none: ${failure}` : answerOf(plain))
  if (plain !== undefined)
    exchanges.push({ as_sent: { method: 'GET', url: target.href, headers: [] }, response: plain })
  if (plain?.status === 401) {
    const challenge = plain.headers.find(([name]) => name.toLowerCase() === 'www-authenticate')?.[1]
    add(
      'challenge',
      challenge !== undefined,
      challenge ?? 'a 401 without WWW-Authenticate (RFC 9110 section 15.5.2)',
    )
  }
  if (options.origin !== undefined) exchanges.push(await preflight(target.href, options.origin))
  const document = await documentOf(url)
  if (document !== undefined) add('API document', true, document.url)

  const evidence: Evidence = {
    exchanges: exchanges.filter(
      ({ as_sent, response }) => as_sent?.method === 'OPTIONS' || (response?.status ?? 200) >= 500,
    ),
    ...(document !== undefined && { openapi: document }),
  }
  const diagnosis = redact(diagnose(evidence, nowOf(options)), evidence)
  report(looks, diagnosis, options)
}

function answerOf(response: HttpResponse): string {
  const to = header(response, 'location')
  return to === undefined ? String(response.status) : `${response.status}, which leads on to ${to}`
}

async function preflight(url: string, origin: string): Promise<Exchange> {
  const headers = {
    Origin: origin,
    'Access-Control-Request-Method': 'GET',
    'Access-Control-Request-Headers': 'authorization',
  }
  const { response } = await ask(url, { method: 'OPTIONS', headers })
  return {
    as_sent: { method: 'OPTIONS', url, headers: Object.entries(headers) },
    ...(response !== undefined && { response }),
  }
}

async function documentOf(url: URL): Promise<Evidence['openapi']> {
  const place = new URL(`${url.pathname.replace(/\/$/, '')}/openapi.json`, url).href
  const { response } = await ask(place)
  const document = response?.status === 200 ? jsonOf(response) : undefined
  return document?.openapi === undefined ? undefined : { url: place, document }
}

function report(looks: readonly Look[], diagnosis: Diagnosis, { json }: UrlOptions): void {
  const failed = looks.some(({ ok }) => ok === false)
  if (json) printJson({ looks, diagnosis })
  else {
    for (const { what, ok, seen } of looks)
      print(`${ok === undefined ? '·' : ok ? '✓' : '✗'} ${what}: ${printable(seen)}`)
    if (diagnosis.causes.length > 0) process.stdout.write(`\n${reportDiagnosis(diagnosis)}`)
  }
  const nothing = looks.every(({ ok }) => ok === undefined)
  process.exitCode = failed || diagnosis.causes.length > 0 ? 1 : nothing ? 2 : 0
}
