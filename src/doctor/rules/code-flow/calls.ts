import type { Facts } from '../../facts.ts'
import { header, parametersOf, requestOf } from '../../http-facts.ts'

/** Requests to an authorization endpoint: as they were made, or as a redirect asks a browser to make them. */
export function authorizations({ exchanges }: Facts): readonly ReadonlyMap<string, string>[] {
  return exchanges.flatMap((exchange) => {
    const own = parametersOf(requestOf(exchange))
    const to = URL.parse(header(exchange.response, 'location') ?? '')
    const found: ReadonlyMap<string, string>[] = []
    if (
      own.has('response_type') ||
      (own.has('redirect_uri') && own.has('client_id') && !own.has('grant_type'))
    )
      found.push(own)
    if (to?.searchParams.has('response_type') || to?.searchParams.has('redirect_uri'))
      found.push(new Map(to.searchParams))
    return found
  })
}

/** Exchanges of a code for tokens. */
export function redemptions({ exchanges }: Facts) {
  return exchanges.flatMap((exchange) => {
    const parameters = parametersOf(requestOf(exchange))
    return parameters.get('grant_type') === 'authorization_code' ||
      (parameters.has('code') && requestOf(exchange)?.method === 'POST' && parameters.has('client_id'))
      ? [{ exchange, parameters }]
      : []
  })
}

/** The browser coming back from the provider. */
export function callbacks({ exchanges }: Facts) {
  return exchanges.flatMap((exchange, index) => {
    const request = requestOf(exchange)
    const parameters = parametersOf(request)
    const isBack =
      parameters.has('state') &&
      (parameters.has('code') || parameters.has('error')) &&
      !parameters.has('response_type') &&
      !parameters.has('grant_type')
    return isBack ? [{ exchange, parameters, index, request }] : []
  })
}
