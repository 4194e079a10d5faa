import type { Evidence, Jwk } from './evidence.ts'
import type { PastedToken } from './pasted-token.ts'
import {
  isHmac,
  isSignedWithPublished,
  type SecretVariant,
  textsOfPublicKey,
  variantsOfSecret,
  verifiesAsDer,
  verifiesWithKey,
  verifiesWithSecret,
} from './signature-trial.ts'

/** What was found out about a signature, with the keys and secrets at hand. */
export type SignatureVerdict =
  /** No token, or nothing to check it with. */
  | { readonly kind: 'not_checked' }
  | { readonly kind: 'unsigned' }
  /** Genuine by a key or secret that the verifier has. */
  | { readonly kind: 'genuine'; readonly key?: Jwk }
  /** Genuine by a key that the issuer shows and the verifier has not. */
  | { readonly kind: 'issuer_only'; readonly key: Jwk }
  /** Genuine by another key of the verifier than the one that the token names. */
  | { readonly kind: 'other_kid'; readonly key: Jwk }
  | { readonly kind: 'environment'; readonly name: string; readonly issuer: string }
  | { readonly kind: 'variant'; readonly variant: SecretVariant }
  | { readonly kind: 'public_key_as_secret' }
  | { readonly kind: 'published' }
  | { readonly kind: 'der' }
  /** Another node has the secret or key that made it. */
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'wrong' }

const NOT_CHECKED: SignatureVerdict = { kind: 'not_checked' }

/** Tries a signature with all that is at hand, the plain way first. */
export function judgeSignature(token: PastedToken | undefined, evidence: Evidence): SignatureVerdict {
  if (token?.header === undefined || token.parts.length !== 3) return NOT_CHECKED
  const { alg } = token.header
  if (typeof alg === 'string' && alg.toLowerCase() === 'none') return { kind: 'unsigned' }
  return isHmac(alg) ? judgeMac(token, evidence) : judgePublic(token, evidence)
}

function judgeMac(token: PastedToken, { config, nodes = [], jwks, tokens }: Evidence): SignatureVerdict {
  const keys = [...(config?.keys ?? []), ...(config?.key_cache?.keys ?? []), ...(jwks?.keys ?? [])]
  const usesKey = keys.some((key) => textsOfPublicKey(key).some((text) => verifiesWithSecret(token, text)))
  if (usesKey) return { kind: 'public_key_as_secret' }
  if (isSignedWithPublished(token)) return { kind: 'published' }
  const secret = config?.secret
  if (secret !== undefined) {
    if (verifiesWithSecret(token, secret)) return { kind: 'genuine' }
    const variant = variantsOfSecret(secret).find(([, bytes]) => verifiesWithSecret(token, bytes))
    if (variant !== undefined) return { kind: 'variant', variant: variant[0] }
  }
  const node = nodes.find(
    ({ config: own }) => own.secret !== undefined && verifiesWithSecret(token, own.secret),
  )
  if (node !== undefined) return { kind: 'node', name: node.name }
  const told = tokens?.[0]?.genuine
  if (secret === undefined && told !== undefined) return { kind: told ? 'genuine' : 'wrong' }
  return secret === undefined ? NOT_CHECKED : { kind: 'wrong' }
}

function judgePublic(token: PastedToken, { config, jwks, nodes = [] }: Evidence): SignatureVerdict {
  const mine = config?.key_cache?.keys ?? config?.keys ?? []
  const all = [...mine, ...(config?.keys ?? [])]
  const theirs = jwks?.keys ?? []
  const { kid } = token.header ?? {}
  const makes = (key: Jwk): boolean => verifiesWithKey(token, key)
  const genuine = all.find(makes)
  if (genuine !== undefined) {
    const stale = config?.key_cache !== undefined && !mine.some(makes)
    if (!stale) {
      const isNamed = kid === undefined || genuine.kid === kid || genuine.kid === undefined
      return isNamed ? { kind: 'genuine', key: genuine } : { kind: 'other_kid', key: genuine }
    }
  }
  const shown = theirs.find(makes) ?? genuine
  if (shown !== undefined) {
    const judged = config?.keys !== undefined || config?.key_cache !== undefined
    return judged ? { kind: 'issuer_only', key: shown } : { kind: 'genuine', key: shown }
  }
  if ([...all, ...theirs].some((key) => verifiesAsDer(token, key))) return { kind: 'der' }
  for (const { name, issuer, keys = [] } of config?.environments ?? []) {
    if (keys.some(makes)) return { kind: 'environment', name, issuer }
  }
  const node = nodes.find(({ config: own }) => own.keys?.some(makes))
  if (node !== undefined) return { kind: 'node', name: node.name }
  return all.length + theirs.length === 0 ? NOT_CHECKED : { kind: 'wrong' }
}
