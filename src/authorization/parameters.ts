/** The most characters of an authorization request altogether, as it stands in the address or the body. */
const LONGEST_QUERY = 16_384

/** The parameters that are read, each with the most characters it may have. Others are ignored (RFC 6749 section 3.1). */
const LONGEST = {
  client_id: 200,
  redirect_uri: 2000,
  response_type: 100,
  response_mode: 100,
  scope: 2000,
  state: 2000,
  nonce: 512,
  code_challenge: 200,
  code_challenge_method: 20,
  prompt: 100,
  max_age: 20,
  login_hint: 320,
  acr_values: 1000,
  id_token_hint: 8192,
  /** Our own: see `markOf`. */
  reauth: 64,
  request: 0,
  request_uri: 0,
} as const

export type ParameterName = keyof typeof LONGEST

const MOST_RESOURCES = 10
const LONGEST_RESOURCE = 2000

/** A request taken apart. What is at fault is not among the values. */
export interface Parameters {
  readonly values: ReadonlyMap<ParameterName, string>
  /** The one parameter that may stand several times (RFC 8707 section 2). */
  readonly resources: readonly string[]
  /** Why parameters cannot be used: sent twice, too long, or with control characters in them. */
  readonly faults: ReadonlyMap<ParameterName | 'resource', string>
}

/** An empty parameter counts as absent (RFC 6749 section 3.1). Undefined for a request that is too long altogether. */
export function readParameters(query: string): Parameters | undefined {
  if (query.length > LONGEST_QUERY) return undefined
  const values = new Map<ParameterName, string>()
  const faults = new Map<ParameterName | 'resource', string>()
  const resources: string[] = []
  const seen = new Set<string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === 'resource') {
      resources.push(value)
      if (resources.length > MOST_RESOURCES || faultOf(value, LONGEST_RESOURCE)) {
        faults.set(name, 'cannot be read')
      }
      continue
    }
    if (!isKnown(name)) continue
    const fault = seen.has(name) ? 'sent twice' : isUnread(name) ? undefined : faultOf(value, LONGEST[name])
    seen.add(name)
    if (fault !== undefined) faults.set(name, fault)
    else if (value !== '') values.set(name, value)
  }
  for (const name of faults.keys()) if (name !== 'resource') values.delete(name)
  return { values, faults, resources }
}

function isKnown(name: string): name is ParameterName {
  return Object.hasOwn(LONGEST, name)
}

/** Only that they are there matters. */
function isUnread(name: ParameterName): boolean {
  return LONGEST[name] === 0
}

function faultOf(value: string, most: number): string | undefined {
  if (value.length > most) return 'too long'
  return /\p{Cc}/u.test(value) || !value.isWellFormed() ? 'has control characters' : undefined
}
