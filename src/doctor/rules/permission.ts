import { answeredInFront } from '../answered-in-front.ts'
import { type Facts, isGood } from '../facts.ts'
import { certain, found } from '../finding.ts'
import { header, parametersOf, requestOf, urlOf, wordsOf } from '../http-facts.ts'
import type { Rule } from '../rule.ts'
import { ago, clipped } from '../words.ts'
import { notEnforced, unguarded } from './permission/let-in.ts'
import { demanded, granted, isAbout403, plain, wordList } from './permission/wanted.ts'

const shape: Rule = (facts) => {
  const wanted = demanded(facts)
  if (wanted === undefined || facts.token?.claims === undefined || !isAbout403(facts)) return undefined
  const held = granted(facts)
  const usual = held.get('scope') ?? []
  const missing = wanted.names.filter((name) => !usual.includes(name))
  if (missing.length === 0) return undefined
  const place = [...held].find(
    ([claim, names]) => claim !== 'scope' && missing.every((name) => names.includes(name)),
  )
  const joined = usual.length === 1 && missing.every((name) => usual[0]?.split(/[,;+]/).includes(name))
  if (place === undefined && !joined) return undefined
  if (place !== undefined && /roles|groups|^role$/.test(place[0]) && wanted.by.startsWith('the guard'))
    return undefined
  return certain('SCOPE_CLAIM_SHAPE', {
    evidence: [
      joined
        ? `The token grants ${missing.join(', ')}, but its \`scope\` is joined by commas and not by spaces (RFC 8693 section 4.2), so it reads as one name.`
        : `The token does grant ${missing.join(', ')}, in the claim \`${place?.[0]}\`${place?.[0] === 'scope (as a list)' ? ' (an array), where a string with spaces is read' : ', while the API reads the string `scope`'}: the permission is there, in another shape.`,
    ],
    fix: [
      `Read the scopes from the claim that the issuer writes (\`${place?.[0].replace(' (as a list)', '') ?? 'scope'}\`), as ${place?.[0] === 'scope' || joined ? 'text' : 'a list (array) or a string'}: map the claim in the verifier (Spring: \`JwtGrantedAuthoritiesConverter.setAuthoritiesClaimName\`).`,
      'Or have the issuer write `scope` as one string with spaces (RFC 9068 section 2.2.3).',
    ],
    explains: ['SCOPE_MISSING', 'SCOPE_NOT_REQUESTED', 'ROLE_PREFIX', 'ROLE_STALE', 'STATUS_SWAPPED'],
  })
}

const prefix: Rule = (facts) => {
  const wanted = demanded(facts)
  if (wanted === undefined || facts.token?.claims === undefined || !isAbout403(facts)) return undefined
  const held = [...granted(facts).values()].flat()
  const near = wanted.names.flatMap((name) => {
    if (held.includes(name)) return []
    const other = held.find((one) => one !== name && plain(one) === plain(name))
    return other === undefined ? [] : [[name, other] as const]
  })
  const spring =
    wanted.by.startsWith('the guard') &&
    wanted.names.some((name) => held.includes(name)) &&
    !held.some((one) => /^ROLE_/.test(one))
  const [first] = near
  if (first === undefined && !spring) return undefined
  const [name, other] = first ?? [wanted.names[0] ?? '', wanted.names[0] ?? '']
  const [asks, has] = spring && first === undefined ? [`ROLE_${name}`, other] : [name, other]
  return certain('ROLE_PREFIX', {
    evidence: [
      `The route asks for \`${asks}\` (${wanted.by}), the token carries \`${has}\`: the same ${/scope/i.test(asks + has) ? 'scope' : 'role'}, with and without a prefix (\`ROLE_\`, \`SCOPE_\`) or in another spelling. They are compared as text.`,
    ],
    fix: [
      `Use one name on both sides: ask for the name that is in the token, or let the verifier add (or drop) the prefix when it maps claims to authorities: Spring \`hasAuthority("SCOPE_${plain(name)}")\`, \`hasRole("${plain(name).toUpperCase()}")\` adds ROLE_ itself; \`setAuthorityPrefix("ROLE_")\`.`,
    ],
    explains: ['SCOPE_MISSING', 'SCOPE_NOT_REQUESTED', 'ROLE_STALE'],
  })
}

const roleStale: Rule = (facts) => {
  const { user, events, token, now } = facts
  if (token?.claims !== undefined && !facts.wasAccepted && !isAbout403(facts)) return undefined
  const { sub, iat } = token?.claims ?? {}
  const event = events.findLast(
    ({ type, user: who, time }) =>
      /role|permission|scope/.test(type ?? '') &&
      /changed|granted|removed|revoked|added|assigned/.test(type ?? '') &&
      // What a role holds is another change than who holds it.
      (who === undefined
        ? token !== undefined && !/^(?:role|scope|permission)\.changed/.test(type ?? '')
        : who === sub) &&
      (typeof iat !== 'number' || time > iat),
  )
  const inToken = wordList(token?.claims?.roles ?? token?.claims?.role)
  const stored = user?.roles
  const differs =
    stored !== undefined &&
    token?.claims !== undefined &&
    (token.claims.roles !== undefined || token.claims.role !== undefined || event !== undefined) &&
    (stored.some((role) => !inToken.includes(role)) || inToken.some((role) => !stored.includes(role)))
  if (!differs && event === undefined) return undefined
  if (stored !== undefined && !differs && event === undefined) return undefined
  const removed = inToken.filter((role) => stored !== undefined && !stored.includes(role))
  const added = stored?.filter((role) => !inToken.includes(role)) ?? []
  return found('ROLE_STALE', differs || event !== undefined, {
    evidence: [
      `The token carries the roles ${inToken.length > 0 ? inToken.map((role) => clipped(role)).join(', ') : '(none)'}; the account now has ${stored?.join(', ') || (event?.to ?? 'others')}${event ? `, changed ${ago(event.time, now)}` : ''}: the role was changed after the token was issued${removed.length > 0 ? `, and the token still opens what ${removed.join(', ')} opens` : added.length > 0 ? `, so ${added.join(', ')} is not in it yet` : ''}.`,
    ],
    settledBy: ['the roles of the account now, and when they were changed'],
    fix: [
      'Refresh the token (or sign in again): the new one carries the present roles.',
      'After a change of roles end the older tokens: raise the version counter of the user (revoke), so that a removed role stops at once and a given one arrives with the next refresh.',
    ],
    explains: ['SCOPE_MISSING', 'SCOPE_NOT_REQUESTED', 'TOKEN_VERSION_STALE'],
  })
}

/** Scopes that were asked for when the token was obtained. */
function requested({ exchanges }: Facts): readonly string[] | undefined {
  for (const exchange of exchanges) {
    const request = requestOf(exchange)
    const path = urlOf(request)?.pathname ?? ''
    if (!/authorize|token|login|auth$/.test(path)) continue
    const parameters = parametersOf(request)
    if (parameters.has('response_type') || parameters.has('grant_type'))
      return wordList(parameters.get('scope') ?? '')
    const location = URL.parse(header(exchange.response, 'location') ?? '')
    if (location?.searchParams.has('response_type')) return wordList(location.searchParams.get('scope') ?? '')
  }
  return undefined
}

const missing: Rule = (facts) => {
  const wanted = demanded(facts)
  const { token, evidence, client, exchange } = facts
  if (token?.claims === undefined || !isAbout403(facts)) {
    const words = wordsOf(exchange?.response)
    if (wanted === undefined || exchange?.response?.status !== 403 || !/insufficient_scope|scope/.test(words))
      return undefined
  }
  if (wanted === undefined) return undefined
  const held = [...granted(facts).values()].flat()
  const lacking = wanted.names.filter((name) => !held.includes(name))
  if (lacking.length === 0) return undefined
  const { sub, client_id } = token?.claims ?? {}
  const offered = [
    ...(client.registration?.scopes ?? []),
    ...(evidence.store?.clients?.find(({ id }) => id === client_id)?.scopes ?? []),
  ]
  const asked = requested(facts)
  const settings = typeof client.settings?.scope === 'string' ? wordList(client.settings.scope) : undefined
  const sent = asked ?? settings
  const couldHave = lacking.every((name) => offered.includes(name))
  const notAsked = sent !== undefined && lacking.some((name) => !sent.includes(name))
  const what = lacking.join(' ')
  if (notAsked || (couldHave && offered.length > 0)) {
    return found('SCOPE_NOT_REQUESTED', notAsked || couldHave, {
      evidence: [
        `The route needs ${what} (${wanted.by}); the client ${couldHave ? 'may have it (it is registered, or optional)' : 'could ask for it'}, and did not ask${sent === undefined ? '' : `: it asked for ${sent.length > 0 ? sent.join(' ') : 'no scope'}`}. The token carries ${held.length > 0 ? held.map((name) => clipped(name)).join(' ') : 'no scope'}; the answer is 403.`,
      ],
      settledBy: ['the scope parameter of the request that obtained the token'],
      fix: [
        `Request the scope when signing in: add \`${what}\` to the \`scope\` parameter (tick it in the Authorize dialog of Swagger UI; in Keycloak make the optional client scope a default one, or ask for it), then use the new token.`,
      ],
      explains: ['SCOPE_MISSING'],
    })
  }
  return certain('SCOPE_MISSING', {
    evidence: [
      `The token is good, and lacks the permission: ${facts.request ? `${facts.request.method} ${facts.request.path}` : 'the route'} needs ${what} (${wanted.by}), the token of ${clipped(String(sub ?? 'the caller'))} carries ${held.length > 0 ? held.map((name) => clipped(name)).join(' ') : 'none'}. The answer is 403 (insufficient_scope), and refreshing does not help.`,
    ],
    fix: [
      `Grant the scope to the user or client, then request it: ask for \`${what}\` in the \`scope\` parameter at sign-in (consent), and use the new token.`,
      'If the caller is not meant to do this, the refusal is right.',
    ],
  })
}

const swapped: Rule = (facts) => {
  for (const exchange of facts.exchanges) {
    const { response } = exchange
    const request = requestOf(exchange)
    if (response === undefined || request === undefined || request.method === 'OPTIONS') continue
    const words = wordsOf(response)
    const carries =
      header(request, 'authorization') !== undefined ||
      header(request, 'cookie') !== undefined ||
      header(request, facts.config.api_key_header ?? 'x-api-key') !== undefined
    const anonymous403 =
      response.status === 403 &&
      !carries &&
      answeredInFront(response) === undefined &&
      /not authenticated|missing (?:the )?(?:auth|token|credential|bearer|api.?key|header)|no credential|credentials were not provided|unauthorized|authenticat|^\s*$/.test(
        words,
      ) &&
      !/csrf/.test(words)
    const forbidden401 =
      response.status === 401 &&
      carries &&
      /insufficient|permission|forbidden|scope|not allowed|role/.test(words)
    if (!anonymous403 && !forbidden401) continue
    if (forbidden401 && !isGood(facts)) continue
    return found('STATUS_SWAPPED', forbidden401 || words.trim() !== '', {
      settledBy: [
        'whether the same request with a credential passes: others answer 403 for reasons of their own',
      ],
      evidence: [
        anonymous403
          ? 'A request without a credential was answered 403; it should be 401 with WWW-Authenticate: nobody was authenticated yet.'
          : 'A request with a good credential that lacks a permission was answered 401; it should be 403. A 401 makes clients sign people out or refresh for ever.',
      ],
      fix: [
        'Answer 401 (with `WWW-Authenticate`) when the credential is missing or void, and 403 when it is good and not enough: correct the status where the guard answers (FastAPI: `HTTPBearer(auto_error=False)` and raise 401 yourself; update FastAPI).',
        anonymous403
          ? 'The client itself has to send a token: `Authorization: Bearer <token>`.'
          : 'Clients then keep the session and say what is missing.',
      ],
      explains: ['HDR_MISSING', 'SCOPE_MISSING'],
    })
  }
  return undefined
}

export const permissionRules: readonly Rule[] = [
  unguarded,
  notEnforced,
  shape,
  prefix,
  roleStale,
  swapped,
  missing,
]
