import { argon2Hash, type Pbkdf2Digest, pbkdf2Hash } from './derivation.ts'
import { decodeBase64, type HashFormat } from './format.ts'

const PBKDF2_DIGESTS = new Map<unknown, Pbkdf2Digest>([
  ['pbkdf2', 'sha1'],
  ['pbkdf2-sha256', 'sha256'],
  ['pbkdf2-sha512', 'sha512'],
])
const ARGON2_VERSIONS = new Map([
  ['1.0', 16],
  ['1.3', 19],
])

type Members = ReadonlyMap<string, unknown>

/** The members of an object, or of the JSON text of one: Keycloak nests JSON as text. */
function membersOf(value: unknown): Members {
  try {
    const parsed: unknown = typeof value === 'string' ? JSON.parse(value) : value
    return new Map(parsed !== null && typeof parsed === 'object' ? Object.entries(parsed) : [])
  } catch {
    return new Map()
  }
}

function bytesOf(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' ? decodeBase64(value) : undefined
}

/** Keycloak keeps each additional parameter as a list of one text. */
function parameterOf(parameters: Members, name: string): string {
  const value = parameters.get(name)
  return Array.isArray(value) ? String(value[0]) : String(value)
}

/**
 * One entry of `credentials` in a Keycloak export, as JSON: `{ type, secretData, credentialData }`, with PBKDF2 or
 * Argon2 inside. Digits that are no number make a cost of NaN, which no check lets through.
 */
export const keycloak: HashFormat = {
  name: 'Keycloak',
  recognises: (stored) => stored.startsWith('{'),
  read(stored) {
    const credential = membersOf(stored)
    const secret = membersOf(credential.get('secretData'))
    const data = membersOf(credential.get('credentialData'))
    const salted = { salt: bytesOf(secret.get('salt')), expected: bytesOf(secret.get('value')) }
    const iterations = Number(data.get('hashIterations'))
    const algorithm = data.get('algorithm')
    if (algorithm === 'argon2') {
      const parameters = membersOf(data.get('additionalParameters'))
      return argon2Hash({
        ...salted,
        variant: parameterOf(parameters, 'type'),
        version: ARGON2_VERSIONS.get(parameterOf(parameters, 'version')) ?? Number.NaN,
        memoryKibibytes: Number(parameterOf(parameters, 'memory')),
        passes: iterations,
        lanes: Number(parameterOf(parameters, 'parallelism')),
      })
    }
    const digest = PBKDF2_DIGESTS.get(algorithm)
    if (!digest) return 'format_unknown'
    return pbkdf2Hash({ ...salted, digest, iterations })
  },
}
