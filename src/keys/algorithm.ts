interface EcFacts {
  readonly kty: 'EC'
  readonly crv: string
  readonly digest: string
  /** Length of a coordinate of the key, and of each of the two numbers of a signature. */
  readonly coordinateBytes: number
}
interface OkpFacts {
  readonly kty: 'OKP'
  readonly crv: string
  readonly coordinateBytes: number
}
interface RsaFacts {
  readonly kty: 'RSA'
  readonly digest: string
  /** Probabilistic padding (PSS), else that of PKCS #1 version 1.5. */
  readonly pss: boolean
}

/** What a signature algorithm asks of a key (RFC 7518 section 3, RFC 8037 section 3). */
export type PublicAlgorithmFacts = EcFacts | OkpFacts | RsaFacts

/** The algorithms whose signatures a public key checks. Those that no new key is made for are in use elsewhere. */
export const publicAlgorithms = {
  ES256: { kty: 'EC', crv: 'P-256', digest: 'sha256', coordinateBytes: 32 },
  ES384: { kty: 'EC', crv: 'P-384', digest: 'sha384', coordinateBytes: 48 },
  ES512: { kty: 'EC', crv: 'P-521', digest: 'sha512', coordinateBytes: 66 },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', coordinateBytes: 32 },
  RS256: { kty: 'RSA', digest: 'sha256', pss: false },
  RS384: { kty: 'RSA', digest: 'sha384', pss: false },
  RS512: { kty: 'RSA', digest: 'sha512', pss: false },
  PS256: { kty: 'RSA', digest: 'sha256', pss: true },
  PS384: { kty: 'RSA', digest: 'sha384', pss: true },
  PS512: { kty: 'RSA', digest: 'sha512', pss: true },
} as const satisfies Readonly<Record<string, PublicAlgorithmFacts>>

/** The algorithms where whoever can check can also sign: for one service, or several that trust each other wholly. */
export const hmacAlgorithms = {
  HS256: { digest: 'sha256', macBytes: 32 },
  HS384: { digest: 'sha384', macBytes: 48 },
  HS512: { digest: 'sha512', macBytes: 64 },
} as const

/** Shorter RSA keys are weak. */
export const RSA_LEAST_BITS = 2048

export type PublicAlgorithm = keyof typeof publicAlgorithms
export type HmacAlgorithm = keyof typeof hmacAlgorithms

/** The algorithm of a key. It is fixed with the key; a token's header never chooses it (RFC 8725 section 3.1). */
export type Algorithm = PublicAlgorithm | HmacAlgorithm

/** What new key pairs are made for. */
const signingAlgorithms = ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256'] as const
export type SigningAlgorithm = (typeof signingAlgorithms)[number]

const publicNames: ReadonlySet<unknown> = new Set(Object.keys(publicAlgorithms))
const names: ReadonlySet<unknown> = new Set([...publicNames, ...Object.keys(hmacAlgorithms)])

export function isPublicAlgorithm(name: unknown): name is PublicAlgorithm {
  return publicNames.has(name)
}

export function isAlgorithm(name: unknown): name is Algorithm {
  return names.has(name)
}

export function isSigningAlgorithm(name: unknown): name is SigningAlgorithm {
  return signingAlgorithms.some((algorithm) => algorithm === name)
}

/** The length of every signature of the algorithm; for RSA the least, which is that of the shortest key allowed. */
export function leastSignatureBytes(algorithm: Algorithm): number {
  if (!isPublicAlgorithm(algorithm)) return hmacAlgorithms[algorithm].macBytes
  const facts = publicAlgorithms[algorithm]
  return facts.kty === 'RSA' ? RSA_LEAST_BITS / 8 : 2 * facts.coordinateBytes
}
