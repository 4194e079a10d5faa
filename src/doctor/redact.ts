import { printable } from '../base/printable.ts'
import { clientCodes } from '../errors/client-codes.ts'
import type { Evidence, HttpRequest, HttpResponse } from './evidence.ts'
import type { Diagnosis, Finding } from './finding.ts'
import { cookiesOf, fieldsOf, urlOf } from './http-facts.ts'
import { bareToken } from './pasted-token.ts'

/** Shorter texts are words, and would tear holes into sentences. */
const SHORTEST = 8

const SECRET_FIELD = /pass|secret|token|code|ticket|assertion|verifier|key|jwt|state|nonce/i

/**
 * Takes every credential of the evidence out of an answer. No rule prints one; this is the second line, for the day when
 * one quotes a value that holds more than it should.
 */
export function redact(diagnosis: Diagnosis, evidence: Evidence): Diagnosis {
  const secrets = credentialsOf(evidence)
  const clean = (text: string): string =>
    printable(secrets.reduce((left, secret) => left.replaceAll(secret, '…'), text))
  const cleanAll = (texts: readonly string[]): string[] => texts.map(clean)
  const cause = (finding: Finding): Finding => ({
    ...finding,
    evidence: cleanAll(finding.evidence),
    fix: cleanAll(finding.fix),
    settledBy: cleanAll(finding.settledBy),
  })
  return {
    ...diagnosis,
    causes: diagnosis.causes.map(cause),
    ruledOut: diagnosis.ruledOut.map(({ code, why }) => ({ code, why: clean(why) })),
    notChecked: cleanAll(diagnosis.notChecked),
    wanted: cleanAll(diagnosis.wanted),
  }
}

/** Every credential that stands in the evidence, the longest first. */
function credentialsOf(evidence: Evidence): readonly string[] {
  const found = new Set<string>()
  const add = (text: string | undefined): void => {
    if (text === undefined) return
    for (const part of [text, text.trim(), bareToken(text), bareToken(text).split('.')[2] ?? '']) {
      if (part.length >= SHORTEST && !/^https?:/.test(part)) found.add(part)
    }
  }
  for (const { text } of evidence.tokens ?? []) add(text)
  for (const { secret } of [evidence.config ?? {}, ...(evidence.nodes ?? []).map(({ config }) => config)])
    add(secret)
  for (const { as_sent, as_received, response } of evidence.exchanges ?? []) {
    for (const message of [as_sent, as_received, response]) for (const text of carriedBy(message)) add(text)
  }
  for (const [name, value] of Object.entries(evidence.client?.settings ?? {})) {
    if (SECRET_FIELD.test(name) && typeof value === 'string' && /secret|pass|token|key/i.test(name))
      add(value)
  }
  return [...found].sort((a, b) => b.length - a.length)
}

/** Whether a header carries a credential, by its name or by what stands in it. */
export function isCredentialHeader(name: string, value: string): boolean {
  return (
    /authorization|authentication|^cookie$|token|secret|passw|api[-_]?key|dpop|jwt|^sec-websocket-protocol$/i.test(
      name,
    ) || /eyJ[\w-]+\.|cs_[a-z]+_/.test(value)
  )
}

/** Longer than a scheme, or with digits in it: a credential may stand where its scheme should. */
function isNoWord(text: string): boolean {
  return text.length >= 20 || /\d/.test(text)
}

/** A word that answers use for a refusal stands in the member `code`, where an authorization code may stand as well. */
function isWord(value: string): boolean {
  return Object.hasOwn(clientCodes, value)
}

function carriedBy(message: HttpRequest | HttpResponse | undefined): readonly string[] {
  if (message === undefined) return []
  const request = 'method' in message ? message : undefined
  const headers = message.headers.flatMap(([name, value]) =>
    isCredentialHeader(name, value)
      ? [value.replace(/^(?:basic|bearer|dpop)\s+/i, ''), ...value.split(/[\s,]+/).filter(isNoWord)]
      : [],
  )
  const cookies = [...cookiesOf(request).values()].filter((value) => value.length >= 16)
  const set = message.headers.flatMap(([name, value]) =>
    name.toLowerCase() === 'set-cookie' ? [/=([^;]{16,})/.exec(value)?.[1] ?? ''] : [],
  )
  const fields = [...fieldsOf(message), ...(urlOf(request)?.searchParams ?? [])].flatMap(([name, value]) =>
    SECRET_FIELD.test(name) && !/uri|type|method|challenge_method/.test(name) && !isWord(value)
      ? [value]
      : [],
  )
  return [...headers, ...cookies, ...set, ...fields]
}
