import type { Evidence, HttpRequest } from '../evidence.ts'
import type { Diagnosis } from '../finding.ts'
import { urlOf } from '../http-facts.ts'
import { isCredentialHeader } from '../redact.ts'

/** A referer is an address with its query, where codes and tokens stand. */
const DROPPED = /^(?:host|content-length|connection|user-agent|accept-encoding|referer|:.*)$/i

/**
 * A test for node:test that sends the request of a case again and expects what should come back. Credentials are not in
 * it: they come from the environment when it runs. Undefined where no request was seen.
 */
export function regressionTest({ causes }: Diagnosis, { exchanges = [] }: Evidence): string | undefined {
  const exchange = exchanges.find(({ response }) => (response?.status ?? 0) >= 400) ?? exchanges[0]
  const request = exchange?.as_sent ?? exchange?.as_received
  const url = urlOf(request)
  if (request === undefined || url === undefined) return undefined
  const [first] = causes
  const code = first?.code ?? 'OK'
  const lines = request.headers
    .filter(([name]) => !DROPPED.test(name))
    .map(
      ([name, value]) =>
        `      ${JSON.stringify(name)}: ${isCredentialHeader(name, value) ? credentialOf(name) : JSON.stringify(value)},`,
    )
  const refused = exchange?.response?.status ?? 401
  return `import assert from 'node:assert/strict'
import { test } from 'node:test'

// ${code}: written by \`countersign doctor exchange --write-test\`. BASE is where the service answers, CREDENTIAL a good token.
const { BASE = ${JSON.stringify(url.origin)}, CREDENTIAL = '' } = process.env

test(${JSON.stringify(`${code}: ${request.method} ${url.pathname} is not answered ${refused} again`)}, async () => {
  const response = await fetch(BASE + ${JSON.stringify(url.pathname)}, {
    method: ${JSON.stringify(request.method)},
    headers: {
${lines.join('\n')}
    },${bodyOf(request)}
  })
  assert.notEqual(response.status, ${refused}, await response.text())
})
`
}

function credentialOf(name: string): string {
  return /^authorization$/i.test(name) ? "'Bearer ' + CREDENTIAL" : 'CREDENTIAL'
}

/** A body may hold a password, so only its kind is kept. */
function bodyOf({ body }: HttpRequest): string {
  return body === undefined ? '' : `\n    body: process.env.BODY ?? '',`
}
