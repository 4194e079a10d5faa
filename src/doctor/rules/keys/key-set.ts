import type { Exchange } from '../../evidence.ts'
import { found } from '../../finding.ts'
import { header, isAccepted, requestOf, urlOf } from '../../http-facts.ts'
import type { Rule } from '../../rule.ts'

/** A question for keys or metadata; `/keys` may also be what an application calls its API keys. */
function asksForKeys(exchange: Exchange): boolean {
  const request = requestOf(exchange)
  const path = urlOf(request)?.pathname ?? ''
  if (/jwks|\/certs$|openid-configuration|oauth-authorization-server/.test(path)) return true
  return (
    path.endsWith('/keys') &&
    header(request, 'authorization') === undefined &&
    ![401, 403].includes(exchange.response?.status ?? 0)
  )
}

const isAnswered = (exchange: Exchange): boolean =>
  (isAccepted(exchange) && !(header(exchange.response, 'content-type') ?? '').includes('html')) ||
  exchange.response?.status === 304

/** It was fetched and read: what is told is that a key does not stand in it. */
const NOT_IN_IT = /unable to find|no (?:matching|applicable)|kid .*not (?:found|in)|not (?:found )?in the/i

export const unreachable: Rule = ({ exchanges, events, config }) => {
  const asked = exchanges.filter(asksForKeys)
  // One that was led on to the right address, or tried again, did get them.
  const last = asked.at(-1)
  const failed = last === undefined || isAnswered(last) ? undefined : asked.find((one) => !isAnswered(one))
  const event = events.find(
    ({ type, detail, check, outcome }) =>
      outcome !== 'ok' &&
      !NOT_IN_IT.test(detail ?? '') &&
      /jwks|key.?set|keys?\.fetch|metadata|openid-configuration/i.test(`${type} ${check} ${detail}`) &&
      /unreach|timeout|timed out|enotfound|econn|eai_again|certificate|self.?signed|tls|dns|proxy|fetch|failed|refused|5\d\d|404|unable/i.test(
        `${detail} ${type}`,
      ),
  )
  const empty = config.key_cache !== undefined && config.key_cache.keys.length === 0
  if (failed === undefined && event === undefined && !empty) return undefined
  const url = urlOf(failed && requestOf(failed))
  const detail = event?.detail ?? ''
  const why = /certificate|self.?signed|tls|ssl/i.test(detail)
    ? 'the certificate is not trusted (missing CA)'
    : /enotfound|eai_again|dns/i.test(detail)
      ? 'the host name cannot be resolved (DNS)'
      : /timeout|timed out/i.test(detail)
        ? 'it does not answer in time (timeout)'
        : /econnrefused|refused/i.test(detail)
          ? 'the connection is refused'
          : failed?.response
            ? `it answers ${failed.response.status}`
            : 'there is no answer'
  return found('JWKS_UNREACHABLE', failed !== undefined || event !== undefined, {
    evidence: [
      `The key set (JWKS) of the issuer cannot be fetched${url ? ` from ${url.origin}${url.pathname}` : ''}: ${why}. Without it no signature can be checked.`,
    ],
    settledBy: ['the same request from the machine of the verifier: `curl -v` to the key set'],
    fix: [
      'Make the key set reachable from the machine (container) that verifies: check the URL of the JWKS, name resolution (DNS), outgoing proxy, firewall and certificate authority (`NODE_EXTRA_CA_CERTS`).',
      'Try it there: `curl -v ISSUER/.well-known/jwks.json`, or `npx countersign doctor url ISSUER`.',
    ],
    explains: ['KID_UNKNOWN', 'SIG_WRONG_KEY', 'DENYLIST_DOWN'],
  })
}
