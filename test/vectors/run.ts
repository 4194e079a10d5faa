import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { accessTokens } from './kinds/access-token.ts'
import { authorizationHeaders } from './kinds/authorization-header.ts'
import { pkce, redirectUris } from './kinds/code-flow.ts'
import { cookbook } from './kinds/cookbook.ts'
import { codesByCounter, codesByTime, passkeys } from './kinds/factors.ts'
import { jsonWeb, signedExamples } from './kinds/json-web.ts'
import { naughtyStrings } from './kinds/naughty-strings.ts'
import { passwordHashes, passwordPolicy } from './kinds/password.ts'
import { primitives } from './kinds/primitives.ts'
import { basicHeaders, boundTokens, thumbprints } from './kinds/small.ts'
import { emptyTally, type Kind, reportInto, type Tally } from './tally.ts'

const KINDS: readonly Kind[] = [
  accessTokens,
  authorizationHeaders,
  ...jsonWeb,
  signedExamples,
  ...primitives,
  cookbook,
  thumbprints,
  basicHeaders,
  boundTokens,
  ...passwordHashes,
  passwordPolicy,
  naughtyStrings,
  codesByCounter,
  codesByTime,
  passkeys,
  redirectUris,
  pkce,
]

/** Runs every case file below a folder that is laid out like the shared test data. */
export async function runVectors(folder: string): Promise<Tally> {
  const tally = emptyTally()
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json') && !/(^|[\\/])schemas[\\/]/.test(name))
    .sort()
  for (const file of files) {
    const report = reportInto(tally, file)
    let content: unknown
    try {
      content = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    } catch (error) {
      report.check('file', false, `it cannot be read: ${String(error)}`)
      continue
    }
    const kind = KINDS.find((candidate) => candidate.recognises(content))
    if (kind === undefined) {
      report.skip(`${file}: no kind of case file that is known here`)
      continue
    }
    try {
      await kind.run(content, report)
    } catch (error) {
      report.check(kind.name, false, error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
  }
  return tally
}
