import { setTimeout as sleep } from 'node:timers/promises'
import { printable } from '../base/printable.ts'
import { isJsonObject, type JsonObject } from '../base/strict-json.ts'
import { claimsOf } from '../hostile/idea.ts'
import type { InventoryEntry } from '../model/inventory.ts'
import { inventoryTargets } from '../probe/inventory-targets.ts'
import { openApiTargets } from '../probe/openapi-targets.ts'
import { type ProbeReport, probe } from '../probe/probe.ts'
import { exitStatusOf, type ReportOptions, reportJson, reportText } from '../probe/report.ts'
import { createSender, type Send } from '../probe/send.ts'
import { guessedTokens, type TokenSource } from '../probe/source.ts'
import type { Target } from '../probe/target.ts'
import { NOWHERE } from '../probe/variants.ts'
import { readDocument, readJsonObject } from './document.ts'
import { readNamedFile, readStandardInput } from './named-file.ts'
import { NoVerdict } from './no-verdict.ts'
import { type OutputOptions, print, printJson } from './output.ts'
import { shortPlace } from './short-place.ts'

export interface ProbeCommandOptions extends OutputOptions {
  /** Where the API answers. */
  readonly probe?: string
  /** The document of the API, a file or an address. */
  readonly openapi?: string
  /** Tokens by the issuer configured here. */
  readonly issuer?: boolean
  readonly audience?: string
  readonly tokenFile?: string
  readonly jwks?: string
  readonly unsafe?: boolean
  readonly rate?: string
  readonly timeLimit?: string
  /** How long the server may take to begin to answer. */
  readonly wait?: string
}

const ANSWER_MILLISECONDS = 10_000

/** A report, and what has to be known to tell it. */
export interface Probed {
  readonly report: ProbeReport
  readonly told: ReportOptions
}

/** Probes what an inventory or an OpenAPI document names, prints the report, and sets the exit status. */
export async function probeCommand(
  entries: readonly InventoryEntry[] | undefined,
  options: ProbeCommandOptions,
): Promise<void> {
  const { report, told } = await runProbe(entries, options)
  if (options.json) printJson(reportJson(report, told))
  else print(reportText(report, told))
  process.exitCode = exitStatusOf(report)
}

/** Probes what an inventory or an OpenAPI document names. */
export async function runProbe(
  entries: readonly InventoryEntry[] | undefined,
  options: ProbeCommandOptions,
): Promise<Probed> {
  const rate = numberOf('--rate', options.rate ?? '100', 1, 10_000)
  const limit = numberOf('--time-limit', options.timeLimit ?? '300', 1, 86_400)
  const patience = numberOf('--wait', options.wait ?? '0', 0, 3600)
  const { base, targets } = await placeOf(entries, options)
  const sender = createSender(base, { rate, timeoutMilliseconds: ANSWER_MILLISECONDS })
  let source: TokenSource | undefined
  let stopListening: (() => void) | undefined
  try {
    // First of all: what answers may also tell whose tokens it takes.
    await answering(sender.send, patience)
    const opening = sourceOf(base, entries !== undefined, options)
    stopListening = onInterrupt(() => opening.then(closeSource))
    source = await opening
    const since = performance.now()
    const report = await probe({
      targets,
      send: sender.send,
      source,
      unsafe: options.unsafe === true,
      elapsed: () => performance.now(),
      timeLimitMilliseconds: limit * 1000,
      sleep,
      onRoute: showProgress,
    })
    const told: ReportOptions = {
      base: base.href,
      source: source.name,
      answers: sender.count(),
      seconds: (performance.now() - since) / 1000,
      placeOf: shortPlace,
    }
    clearProgress()
    return { report, told }
  } finally {
    stopListening?.()
    sender.close()
    await closeSource(source)
  }
}

async function closeSource(source: (TokenSource & { close?(): Promise<void> }) | undefined): Promise<void> {
  await source?.close?.()
}

const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Whoever interrupts a probe shall not be left with its account. Answers how to stop listening. */
function onInterrupt(clean: () => Promise<void>): () => void {
  const leave = (): void => {
    clean().finally(() => process.exit(2))
  }
  for (const signal of INTERRUPTS) process.once(signal, leave)
  return () => {
    for (const signal of INTERRUPTS) process.off(signal, leave)
  }
}

const LOOK_MILLISECONDS = 250

/** Waits for a server that was started together with the probe. */
async function answering(send: Send, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    if ((await send({ method: 'GET', path: NOWHERE })).status !== 0) return
    await sleep(LOOK_MILLISECONDS)
  }
}

async function placeOf(
  entries: readonly InventoryEntry[] | undefined,
  { probe: place, openapi }: ProbeCommandOptions,
): Promise<{ base: URL; targets: readonly Target[] }> {
  if (openapi === undefined) {
    return { base: urlOf('--probe', place), targets: inventoryTargets(entries ?? []) }
  }
  const { targets, servers } = openApiTargets(await objectIn('--openapi', openapi, readDocument))
  // A document names the servers it was written for, production among them: they are not asked unless they are named.
  if (place === undefined && !isAddress(openapi)) {
    throw new NoVerdict('--probe URL: where does the API of this document answer?')
  }
  return { base: place === undefined ? besideDocument(openapi, servers) : urlOf('--probe', place), targets }
}

/** Where a document that was fetched says that its API is, if that is on its own host; else the root of that host. */
function besideDocument(openapi: string, servers: readonly string[]): URL {
  const [first = '/'] = servers
  const { origin } = new URL(openapi)
  const named = URL.canParse(first, openapi) ? new URL(first, openapi) : undefined
  return named?.origin === origin ? named : new URL(origin)
}

/** Tokens by the configured issuer where that was asked for, or else what can be made without its key. */
async function sourceOf(base: URL, own: boolean, options: ProbeCommandOptions): Promise<TokenSource> {
  const { issuer = own && options.tokenFile === undefined, tokenFile, audience, jwks } = options
  if (issuer) {
    if (tokenFile !== undefined) throw new NoVerdict('either --issuer or --token-file')
    return (await import('./own-issuer.ts')).openOwnIssuer(base, audience)
  }
  const genuine = tokenFile === undefined ? undefined : await readToken(tokenFile)
  const named = claimsOf(genuine).iss
  return guessedTokens({
    now: Date.now,
    issuer: typeof named === 'string' ? named : base.origin,
    publicKeys: await publicKeysOf(jwks ?? new URL('/.well-known/jwks.json', base).href, jwks !== undefined),
    genuine,
  })
}

async function publicKeysOf(place: string, named: boolean): Promise<readonly JsonObject[] | undefined> {
  try {
    const { keys } = await objectIn('--jwks', place, readJsonObject)
    const found = Array.isArray(keys) ? keys.filter(isJsonObject) : []
    return found.length > 0 ? found : undefined
  } catch (error) {
    if (named) throw error
    return undefined
  }
}

async function readToken(file: string): Promise<string> {
  const given = file === '-' ? (await readStandardInput()).toString('utf8') : readNamedFile(file)
  const text = given.trim()
  if (!/^[\w.~+/=-]+$/.test(text))
    throw new NoVerdict('--token-file: the file is to hold one token, and nothing else')
  return text
}

async function objectIn(
  option: string,
  place: string,
  read: (text: string) => JsonObject | undefined | Promise<JsonObject | undefined>,
): Promise<JsonObject> {
  const text = isAddress(place) ? await fetchText(option, place) : readNamedFile(place)
  const found = await read(text)
  if (found === undefined) throw new NoVerdict(`${option}: ${place} holds no JSON object`)
  return found
}

async function fetchText(option: string, address: string): Promise<string> {
  // What is probed is named by whoever asks, and not by where an answer leads.
  const how = { signal: AbortSignal.timeout(ANSWER_MILLISECONDS), redirect: 'manual' } as const
  const answer = await fetch(address, how).catch((error: unknown) => {
    throw new NoVerdict(`${option}: ${address} does not answer (${reasonOf(error)})`)
  })
  const to = answer.headers.get('location')
  if (answer.status >= 300 && answer.status < 400 && to !== null)
    throw new NoVerdict(
      printable(`${option}: ${address} leads on to ${to} (${answer.status}): name that address`),
    )
  if (!answer.ok) throw new NoVerdict(`${option}: ${address} answered ${answer.status}`)
  return readText(option, answer)
}

const LARGEST_DOCUMENT_BYTES = 16 * 1024 * 1024

async function readText(option: string, answer: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of answer.body ?? []) {
      size += chunk.length
      if (size > LARGEST_DOCUMENT_BYTES) throw new NoVerdict(`${option}: more than 16 MiB are not read`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof NoVerdict) throw error
    throw new NoVerdict(`${option}: the answer broke off (${reasonOf(error)})`)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given'
  return error.cause instanceof Error ? error.cause.message : error.message
}

function isAddress(place: string): boolean {
  return /^https?:\/\//i.test(place)
}

function urlOf(option: string, text: string | undefined): URL {
  if (text !== undefined && isAddress(text) && URL.canParse(text)) return new URL(text)
  throw new NoVerdict(`${option}: an address such as http://127.0.0.1:8000`)
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (Number.isFinite(value) && value >= least && value <= most) return value
  throw new NoVerdict(`${option}: a number from ${least} to ${most}`)
}

const CLEAR_LINE = '\r\u001b[K'

function showProgress({ method, path }: Target): void {
  if (process.stderr.isTTY)
    process.stderr.write(`${CLEAR_LINE}asking ${method} ${path.replace(/\p{Cc}/gu, '?')}`)
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write(CLEAR_LINE)
}
