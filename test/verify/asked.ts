import assert from 'node:assert/strict'
import { silentLogger } from '../../src/base/logger.ts'
import { createVerifier, type RefusalReport, type Verifier, type VerifierOptions } from '../../src/verify.ts'
import { requestWith, type StandIn, type StandInOptions, standIn } from './stand-in.ts'

export interface Asked {
  readonly verifier: Verifier
  /** `ok`, or the cause of the refusal. */
  verdictOn(token: string): Promise<string>
}

/** Issuers and verifiers of one test file, which closes them with `close`. */
export function workbench() {
  const closing: (() => Promise<void>)[] = []
  return {
    async issuerOf(options?: StandInOptions): Promise<StandIn> {
      const issuer = await standIn(options)
      closing.push(issuer.close)
      return issuer
    },
    verifierOf(options: VerifierOptions): Asked {
      const reports: RefusalReport[] = []
      const verifier = createVerifier({
        logger: silentLogger,
        ...options,
        onRefusal: (report) => void reports.push(report),
      })
      closing.push(verifier.close)
      return { verifier, verdictOn: (token) => verdictOn(verifier, reports, token) }
    },
    later: (close: () => Promise<void>) => void closing.push(close),
    async close(): Promise<void> {
      for (const close of closing.reverse()) await close()
    },
  }
}

async function verdictOn(verifier: Verifier, reports: RefusalReport[], token: string): Promise<string> {
  const checked = await verifier.check(requestWith(token), verifier.signedIn)
  if (checked.ok) return 'ok'
  assert.match(checked.response.headers.get('content-type') ?? '', /problem\+json/)
  const { reference } = (await checked.response.json()) as { reference: string }
  return reports.find((report) => report.reference === reference)?.code ?? 'no report'
}
