import type { HttpResponse } from './evidence.ts'
import { header } from './http-facts.ts'

/** Layers that refuse by themselves, how their answers look, and what that usually means. */
const LAYERS: readonly (readonly [seen: (response: HttpResponse, body: string) => boolean, means: string])[] =
  [
    [
      (_response, body) => body.includes('missing authentication token') && body.startsWith('{"message"'),
      'Amazon API Gateway answers so where it has no route of that path and method, or the stage is missing in the path: compare the address first',
    ],
    [
      (response, body) =>
        /incompletesignature/i.test(header(response, 'x-amzn-errortype') ?? '') ||
        body.includes('missing equal-sign) in authorization header'),
      'Amazon API Gateway reads the header as a signature of AWS: the path is none of its routes, or the route asks for IAM in place of a token',
    ],
    [
      (_response, body) =>
        body.includes('missing subscription key') || body.includes('invalid subscription key'),
      'Azure API Management asks for a subscription key (`Ocp-Apim-Subscription-Key`) beside the token, and has not asked the service',
    ],
    [
      (_response, body) => body.includes('no api key found in request'),
      'Kong, or Supabase which has it in front, asks for a key of its own (header `apikey`) beside the token',
    ],
    [
      (_response, body) => body.includes('does not have permission to get url'),
      'the front end of Google asks who may invoke the service (IAM): it wants an identity token for the address of the service, or has to let everybody through',
    ],
    [
      (response, body) =>
        header(response, 'cf-mitigated') !== undefined ||
        (header(response, 'cf-ray') !== undefined &&
          /attention required|sorry, you have been blocked/.test(body)),
      'a rule of Cloudflare has stopped the call: its log of security events names the rule by the `cf-ray` of the answer',
    ],
    [
      (_response, body) => /<hr><center>(?:nginx|openresty)/.test(body),
      'nginx has answered by itself (`auth_basic`, `auth_request`, `allow` and `deny`): its error log says which',
    ],
    [
      ({ status }) => status === 407,
      'a proxy between client and service wants to know who is asking (`Proxy-Authorization`): the service was not asked',
    ],
  ]

const LONGEST_LOOK = 20_000

/**
 * In words, which layer in front seems to have given an answer that no service has; undefined where nothing shows one. Only
 * by the look of it: no cause is proven by that.
 */
export function answeredInFront(response: HttpResponse | undefined): string | undefined {
  if (response === undefined || response.status < 400) return undefined
  const body = (response.body ?? '').slice(0, LONGEST_LOOK).toLowerCase().trim()
  const known = LAYERS.find(([seen]) => seen(response, body))?.[1]
  if (known !== undefined) return known
  const isPage = /^text\/html/i.test(header(response, 'content-type') ?? '') && /^\s*</.test(body)
  return isPage && [401, 403].includes(response.status)
    ? 'the refusal is a web page, as gateways and firewalls answer rather than APIs: see who wrote it'
    : undefined
}

/** Where an answer leads on to, in words; undefined where it does not. */
export function leadsOn(response: HttpResponse | undefined): string | undefined {
  const to = header(response, 'location')
  if (response === undefined || response.status < 300 || response.status > 399 || to === undefined)
    return undefined
  const isSignIn = /log-?in|sign-?in|\/auth|authorize/i.test(to)
  return isSignIn
    ? 'the call was led to a sign-in, as a site answers people and not programs: a path of the API, or the header `Accept: application/json`, gets its own answer'
    : 'the call was led on to another address, and clients leave the header behind where that has another origin: `curl -v -L` shows the call that follows'
}
