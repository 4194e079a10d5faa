import { z } from 'zod'
import { DEFAULT_EVENT_RETENTION_DAYS } from '../../store/store.ts'
import { Derived, optional, setting, type ValueKind } from '../setting.ts'
import { secretHttpUrl } from '../storage-urls.ts'
import {
  commaSeparated,
  isAddressOrNetwork,
  isCanonicalHttpUrl,
  listOf,
  oneOf,
  textThat,
  wholeNumber,
} from '../values.ts'

/** What the service shows of itself, and whom it believes. */
export const service = {
  trustedProxies: setting({
    kind: proxies(),
    environment: 'TRUSTED_PROXIES',
    default: 0,
    description:
      "The proxies in front whose word on a client's address is taken: how many there are, or their addresses and " +
      'networks.',
  }),
  corsOrigins: setting({
    kind: listOf(
      textThat('an origin such as `https://app.example.com`', isOrigin),
      'a list of origins such as `https://app.example.com`',
    ),
    environment: 'CORS_ORIGINS',
    default: [],
    description: 'The origins whose pages may call the service from a browser, each in full.',
  }),
  rateLimits: setting({
    kind: oneOf('on', 'off'),
    environment: 'RATE_LIMITS',
    default: 'on',
    description:
      'Whether the requests of one address are limited; `off` where a gateway in front does that. Guessing passwords ' +
      'is slowed down either way.',
  }),
  docs: setting({
    kind: oneOf('open', 'closed'),
    environment: 'DOCS',
    default: new Derived('`open` in development, else `closed`', openInDevelopment),
    description: 'Whether everybody may see `/docs` and `/openapi.json`.',
  }),
  metrics: setting({
    kind: oneOf('open', 'closed'),
    environment: 'METRICS',
    default: new Derived('`open` in development, else `closed`', openInDevelopment),
    description: 'Whether everybody may see `/metrics`.',
  }),
  logLevel: setting({
    kind: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    environment: 'LOG_LEVEL',
    default: 'info',
    description: 'The least severe log lines that are written.',
  }),
  alertUrl: optional({
    kind: secretHttpUrl(),
    environment: 'ALERT_URL',
    secret: true,
    description:
      'Where `countersign doctor watch --alert` tells that a cause of refusals rises, and that it is over: JSON by POST.',
  }),
  // A webhook is tried for a day and a half, and has nothing to send once its event is gone.
  eventRetentionDays: setting({
    kind: wholeNumber(2, 3650),
    environment: 'EVENT_RETENTION_DAYS',
    default: DEFAULT_EVENT_RETENTION_DAYS,
    description: 'How long audit events are kept.',
  }),
  maxStalenessSeconds: setting({
    kind: wholeNumber(1, 300),
    environment: 'MAX_STALENESS_SECONDS',
    default: 5,
    description: 'How old the knowledge of revocations may be that a token is checked with.',
  }),
  staleness: setting({
    kind: oneOf('strict', 'relaxed'),
    environment: 'STALENESS',
    default: 'strict',
    description:
      'What happens past `MAX_STALENESS_SECONDS`: `strict` answers 503 until the knowledge is fresh again, `relaxed` ' +
      'goes on with what is known.',
  }),
}

function openInDevelopment({ mode }: { readonly mode: string }): 'open' | 'closed' {
  return mode === 'development' ? 'open' : 'closed'
}

function isOrigin(text: string): boolean {
  return isCanonicalHttpUrl(text) && new URL(text).origin === text
}

/** A count, or addresses and networks. */
function proxies(): ValueKind<number | readonly string[], number | readonly string[]> {
  const count = wholeNumber(0, 10)
  const expects = 'a count from 0 to 10, or a list of IP addresses and networks such as `10.0.0.0/8`'
  const error = `must be ${expects}`
  const entry = z
    .string({ error })
    .refine(isAddressOrNetwork, { error: 'must be an IP address or a network' })
  const list = z.array(entry).min(1, { error }).max(100, { error }).readonly()
  return {
    schema: z.union([count.schema, list], { error }),
    expects,
    fromText: (text) => {
      const number = count.fromText(text)
      return typeof number === 'number' ? number : commaSeparated(text)
    },
  }
}
