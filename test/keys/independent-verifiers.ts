import { spawn, spawnSync } from 'node:child_process'
import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { createVerifier, type DecodedJwt } from 'fast-jwt'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { JwksClient } from 'jwks-rsa'

/** Where a verifier that knows nothing of us gets its keys, and what it demands. */
export interface Terms {
  readonly url: string
  readonly issuer: string
  readonly audience: string
}

/** Somebody else's program, with a copy of the key set of its own. */
export interface Verifier {
  readonly name: string
  readonly algorithms: readonly string[]
  /** Why each token is refused, or `good`. */
  verify(tokens: readonly string[]): Promise<string[]>
}

/** What other programs are there; the reason in place of one that is not. */
export function independentVerifiers(terms: Terms): (Verifier | { readonly absent: string })[] {
  return [
    jose(terms),
    jsonwebtokenWithJwks(terms),
    fastJwt(terms),
    python(terms, {
      name: 'PyJWT',
      module: 'jwt',
      script: 'verify-pyjwt.py',
      debianPackage: 'python3-jwt',
      algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'],
    }),
    python(terms, {
      name: 'python-jose',
      module: 'jose',
      script: 'verify-python-jose.py',
      debianPackage: 'python3-jose',
      algorithms: ['ES256', 'RS256'],
    }),
  ]
}

function jose({ url, issuer, audience }: Terms): Verifier {
  const keys = createRemoteJWKSet(new URL(url))
  return {
    name: 'jose',
    algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'],
    verify: each((token) => jwtVerify(token, keys, { issuer, audience, typ: 'at+jwt' })),
  }
}

function jsonwebtokenWithJwks({ url, issuer, audience }: Terms): Verifier {
  const client = new JwksClient({ jwksUri: url })
  return {
    name: 'jsonwebtoken with jwks-rsa',
    algorithms: ['ES256', 'RS256', 'PS256'],
    verify: each(async (token) => {
      const { kid } = jsonwebtoken.decode(token, { complete: true })?.header ?? {}
      const key = await client.getSigningKey(kid)
      jsonwebtoken.verify(token, key.getPublicKey(), {
        issuer,
        audience,
        algorithms: ['ES256', 'RS256', 'PS256'],
      })
    }),
  }
}

function fastJwt({ url, issuer, audience }: Terms): Verifier {
  const keys = new Map<string, string>()
  const find = async (kid: string): Promise<string> => {
    if (!keys.has(kid)) {
      const { keys: jwks } = (await (await fetch(url)).json()) as { keys: (JsonWebKey & { kid: string })[] }
      for (const jwk of jwks) {
        const pem = createPublicKey({ format: 'jwk', key: { ...jwk } }).export({
          type: 'spki',
          format: 'pem',
        })
        keys.set(jwk.kid, pem.toString())
      }
    }
    return keys.get(kid) ?? ''
  }
  const verify = createVerifier({
    key: async ({ header }: DecodedJwt) => find(String(header.kid)),
    algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'],
    allowedIss: issuer,
    allowedAud: audience,
    checkTyp: 'at+jwt',
  })
  return { name: 'fast-jwt', algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'], verify: each(verify) }
}

interface PythonModule {
  readonly name: string
  readonly module: string
  readonly script: string
  readonly debianPackage: string
  readonly algorithms: readonly string[]
}

/** Debian's own Python sees Debian's packages; another one on the PATH would not. */
const PYTHON = '/usr/bin/python3'

function python(
  { url, issuer, audience }: Terms,
  { name, module, script, debianPackage, algorithms }: PythonModule,
) {
  if (spawnSync(PYTHON, ['-c', `import ${module}`]).status !== 0) {
    return { absent: `${name} is not installed (Debian: ${debianPackage})` }
  }
  const path = fileURLToPath(new URL(script, import.meta.url))
  return {
    name,
    algorithms,
    async verify(tokens: readonly string[]): Promise<string[]> {
      const child = spawn(PYTHON, [path, url, issuer, audience], { stdio: ['pipe', 'pipe', 'inherit'] })
      child.stdin.end(tokens.join('\n'))
      return (await text(child.stdout)).trimEnd().split('\n')
    },
  }
}

function each(check: (token: string) => unknown): Verifier['verify'] {
  return (tokens) =>
    Promise.all(
      tokens.map(async (token) => {
        try {
          await check(token)
          return 'good'
        } catch (error) {
          return `refused: ${String(error)}`
        }
      }),
    )
}
