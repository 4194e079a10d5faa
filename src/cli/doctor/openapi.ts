import { printable } from '../../base/printable.ts'
import { readNamedFile } from '../named-file.ts'
import { NoVerdict } from '../no-verdict.ts'
import { answer, type DoctorOptions } from './answer.ts'
import { ask, jsonOf, urlOf } from './fetch.ts'
import { insteadOf } from './issuer.ts'
import type { ProposalOptions } from './proposals.ts'

export interface OpenApiOptions extends DoctorOptions, ProposalOptions {
  /** Where a document from a file is served. */
  readonly url?: string
}

/** Schemes, references, scopes and token addresses of an API document; JSON. */
export async function openApiCommand(place: string, options: OpenApiOptions): Promise<void> {
  const isUrl = /^https?:/.test(place)
  const document = isUrl ? await documentAt(urlOf(place).href) : parse(readNamedFile(place), place)
  if (document.openapi === undefined && document.swagger === undefined)
    throw new NoVerdict(`${place} gives no OpenAPI document in JSON`)
  const evidence = {
    openapi: { url: options.url ?? (isUrl ? place : 'https://api.example.test/openapi.json'), document },
  }
  answer(evidence, options)
}

async function documentAt(place: string): Promise<Readonly<Record<string, unknown>>> {
  const answered = await ask(place)
  const document = answered.response?.status === 200 ? jsonOf(answered.response) : undefined
  if (document !== undefined) return document
  const why = insteadOf(answered) ?? `status ${answered.response?.status}, and no JSON`
  throw new NoVerdict(printable(`${place} gives no OpenAPI document: ${why}`))
}

function parse(text: string, place: string): Readonly<Record<string, unknown>> {
  const document = jsonOf({ body: text })
  if (document === undefined) throw new NoVerdict(`${place} is no JSON; convert YAML first`)
  return document
}
