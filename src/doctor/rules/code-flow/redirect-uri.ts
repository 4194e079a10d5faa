import { certain, found } from '../../finding.ts'
import { header, wordsOf } from '../../http-facts.ts'
import type { Rule } from '../../rule.ts'
import { clipped } from '../../words.ts'
import { authorizations, redemptions } from './calls.ts'

export const redirectUri: Rule = (facts) => {
  const { client, evidence, config, exchanges } = facts
  const registered =
    client.registration?.redirect_uris ??
    evidence.store?.clients?.flatMap(({ redirect_uris = [] }) => redirect_uris) ??
    []
  const complained = exchanges.some(({ response }) =>
    /redirect_uri_mismatch|redirect_uri|redirect uri/.test(wordsOf(response)),
  )
  for (const parameters of [
    ...authorizations(facts),
    ...redemptions(facts).map(({ parameters: own }) => own),
  ]) {
    const sent = parameters.get('redirect_uri')
    if (sent === undefined || registered.includes(sent)) continue
    if (registered.length === 0 && !complained) continue
    const secure = sent.replace(/^http:/, 'https:')
    const behindTls = exchanges.some(
      ({ as_received }) => header(as_received, 'x-forwarded-proto') === 'https',
    )
    if (
      sent.startsWith('http:') &&
      !/^http:\/\/(?:localhost|127\.|\[::1\])/.test(sent) &&
      (registered.includes(secure) || (registered.length === 0 && behindTls))
    ) {
      return found('REDIRECT_HTTP_BEHIND_TLS', behindTls || config.trusted_proxy_hops === 0, {
        evidence: [
          `The application sends \`redirect_uri=${clipped(sent)}\`, and ${registered.includes(secure) ? `\`${secure}\` is registered` : 'it is reached by https'}: it stands behind a proxy that ends TLS${behindTls ? ' (X-Forwarded-Proto: https arrives)' : ''} and builds its address with http${config.trusted_proxy_hops === 0 ? ', because it trusts no proxy (trusted_proxy_hops is 0), so X-Forwarded-Proto is not read' : ' (X-Forwarded-Proto is not read)'}.`,
        ],
        settledBy: ['whether the proxy sends X-Forwarded-Proto, and whether the application trusts it'],
        fix: [
          `Tell the application its public URL (\`PUBLIC_URL=${new URL(secure).origin}\`), or let it trust the proxy in front by number of hops: \`TRUSTED_PROXIES=1\` (Express \`app.set('trust proxy', 1)\`, uvicorn \`--proxy-headers\`), so that it builds the https address.`,
          'The registered address stays as it is: https.',
        ],
        explains: ['REDIRECT_URI_MISMATCH'],
      })
    }
    const near = registered[0]
    return certain('REDIRECT_URI_MISMATCH', {
      evidence: [
        `The redirect_uri \`${clipped(sent)}\` is not registered for the client${
          registered.length > 0
            ? ` (registered: ${registered
                .slice(0, 4)
                .map((one) => `\`${clipped(one)}\``)
                .join(', ')})`
            : ''
        }${near ? `; ${differenceOf(sent, registered)}` : ''}. Addresses are compared as text, exactly.`,
      ],
      fix: [
        near === undefined
          ? `Register exactly \`${clipped(sent)}\` for the client at the provider, or send the address that is registered.`
          : `Send exactly the registered redirect URI (\`${clipped(near)}\`), or register the exact one that the application uses for this client: scheme, host, port, path, slash and query all count.`,
      ],
    })
  }
  return undefined
}

function differenceOf(sent: string, registered: readonly string[]): string {
  const mine = URL.parse(sent)
  const difference = registered.flatMap((one) => {
    const other = URL.parse(one)
    if (mine === null || other === null) return []
    const parts = (['protocol', 'hostname', 'port', 'pathname', 'search'] as const).filter(
      (part) => mine[part] !== other[part],
    )
    const slash =
      parts.length === 1 &&
      parts[0] === 'pathname' &&
      mine.pathname.replace(/\/$/, '') === other.pathname.replace(/\/$/, '')
    return [{ parts, slash }]
  })
  const best = difference.sort((a, b) => a.parts.length - b.parts.length)[0]
  if (best === undefined) return 'they differ'
  if (best.slash) return 'they differ by a trailing slash'
  const words = { protocol: 'scheme', hostname: 'host', port: 'port', pathname: 'path', search: 'query' }
  return `they differ in ${best.parts.map((part) => words[part]).join(' and ')}`
}
