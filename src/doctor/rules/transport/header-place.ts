import { found } from '../../finding.ts'
import { cookiesOf, header, requestOf, setCookiesOf, strayCredential, wordsOf } from '../../http-facts.ts'
import type { Rule } from '../../rule.ts'
import { authorization, scheme } from './authorization-value.ts'

export const wrongLocation: Rule = (facts) => {
  const { exchange, config } = facts
  const request = exchange && requestOf(exchange)
  if (request === undefined || exchange?.response === undefined || exchange.response.status < 400)
    return undefined
  if (authorization(facts) !== undefined && header(request, 'authorization') !== '') return undefined
  if (request.method === 'OPTIONS' || /\/(?:token|login|authorize)$/.test(facts.request?.path ?? ''))
    return undefined
  if (header(request, 'upgrade') !== undefined) return undefined
  const keyHeader = config.api_key_header
  if (keyHeader !== undefined && header(request, keyHeader) !== undefined) return undefined
  const place = strayCredential(request)
  if (place === undefined) return undefined
  // Many services read such a key beside tokens, and nothing here says whether this one does.
  const isKey =
    /^header .*api[-_]?key$/i.test(place) &&
    !/\beyJ/.test(header(request, place.slice(7)) ?? '') &&
    !/^bearer/i.test(header(exchange.response, 'www-authenticate') ?? '')
  if (isKey && (exchange.response.status === 403 || /api.?key/.test(wordsOf(exchange.response))))
    return undefined
  const wanted = keyHeader ?? `Authorization: ${scheme(facts)} <token>`
  return found('HDR_WRONG_LOCATION', !isKey, {
    settledBy: ['the header that this service reads its keys from, if it has any'],
    evidence: [
      `There is no credential where the server looks (${wanted}); one was sent in another place: ${place}.`,
    ],
    fix: [
      keyHeader === undefined
        ? `Send the token in the Authorization header: \`Authorization: ${scheme(facts)} <token>\`, and take it out of the ${place}.`
        : `Send the key in the header \`${keyHeader}\`, and take it out of the ${place}.`,
      ...(place.startsWith('query')
        ? [
            'Treat a credential that stood in a URL as known to others: it is in logs and histories. Replace it.',
          ]
        : []),
    ],
    explains: ['HDR_MISSING', 'STATUS_SWAPPED'],
  })
}

export const missing: Rule = (facts) => {
  const { exchange, config } = facts
  if (exchange === undefined) return undefined
  const request = requestOf(exchange)
  const isAsked = exchange.response === undefined || [401, 403, 422].includes(exchange.response.status)
  if (request === undefined || !isAsked || request.method === 'OPTIONS') return undefined
  if (/\/(?:token|login|authorize|register|revoke|introspect)$/.test(facts.request?.path ?? ''))
    return undefined
  if (header(request, 'upgrade') !== undefined) return undefined
  const value = header(request, 'authorization')
  const isEmpty = value !== undefined && /^\s*(?:bearer)?\s*$/i.test(value)
  if (value !== undefined && !isEmpty) return undefined
  if (config.api_key_header !== undefined && header(request, config.api_key_header) !== undefined)
    return undefined
  if (strayCredential(request) !== undefined) return undefined
  const session = [...cookiesOf(request).keys()].some((name) => /sess|sid|auth|connect/i.test(name))
  if (session || setCookiesOf(exchange.response).some(({ isCleared }) => isCleared)) return undefined
  if (facts.evidence.tokens?.length && exchange.as_sent === undefined) return undefined
  const bothSides = exchange.as_sent !== undefined
  return found('HDR_MISSING', exchange.response !== undefined && exchange.response.status !== 403, {
    settledBy: ['whether the service answers 401 when a credential is missing'],
    evidence: [
      isEmpty
        ? 'The Authorization header is there and holds no token: the part after the word Bearer is empty.'
        : `The request carries no credential: no Authorization header${bothSides ? ', neither as the client wrote it' : ' reached the server'}.`,
    ],
    fix: [
      `Add the header \`Authorization: ${scheme(facts)} <token>\` to the request in the client: attach it in the function or interceptor that makes every call, after the sign-in.`,
      ...(bothSides
        ? []
        : [
            'If the client does send it, compare with the request as it left the client: `curl -v` there, then `countersign doctor exchange FILE`. A header that is only there was removed on the way.',
          ]),
    ],
  })
}
