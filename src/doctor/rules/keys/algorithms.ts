import { certain, found } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { isHmac, looksLikeDer } from '../../signature-trial.ts'

export const none: Rule = ({ signature, wasAccepted }) => {
  if (signature.kind !== 'unsigned') return undefined
  return certain('ALG_NONE', {
    evidence: [
      `The token says \`alg: none\`: it is not signed at all, so anybody can write any claim into it.${wasAccepted ? ' The service accepted it.' : ''}`,
    ],
    fix: [
      `Refuse (reject, block) such tokens${wasAccepted ? ' at once' : ''}: pin the algorithm to that of the key on the verifier. It is a forged token, an attack that was tried, or one of an emulator or a test that escaped; look at who sent it.`,
      ...(wasAccepted
        ? ['Update or replace the library, and treat what was reached with it as disclosed.']
        : []),
    ],
    explains: [
      'TOKEN_TRUNCATED',
      'ALG_MISMATCH',
      'KID_MISSING',
      'TOKEN_ALG_NAME_NONSTANDARD',
      'SIG_WRONG_KEY',
    ],
  })
}

export const confusion: Rule = ({ signature, wasAccepted, config }) => {
  if (signature.kind !== 'public_key_as_secret') return undefined
  return certain('ALG_CONFUSION', {
    evidence: [
      `The token is signed with HS256, and its secret is the text of the public key, which everybody can read: a forged token (algorithm confusion attack).${wasAccepted ? ' The service accepted it.' : ''}`,
    ],
    fix: [
      `Pin the algorithm: the verifier takes ${config.algorithms?.join(', ') ?? 'RS256 (that of its key)'} only, fixed by the key and never read from the header of the token, and never uses a public key as an HMAC secret. Refuse (reject) the token.`,
      'Update the JWT library to a version that keeps the two kinds of keys apart, and look at who sent this.',
    ],
    explains: ['ALG_MISMATCH', 'SIG_WRONG_KEY', 'KID_MISSING'],
  })
}

export const mismatch: Rule = ({ token, config, signature, hasConfig, keys }) => {
  const alg = token?.header?.alg
  if (typeof alg !== 'string' || !hasConfig || alg.toLowerCase() === 'none') return undefined
  const allowed = config.algorithms
  const mine = [...(config.keys ?? []), ...(config.key_cache?.keys ?? [])]
  const inAllowed = allowed?.includes(alg) ?? true
  const keyed = keys.find((key) => key.kid === token?.header?.kid)
  const fits = inAllowed && !(isHmac(alg) && config.secret === undefined && mine.length > 0)
  if (fits && (keyed?.alg === undefined || keyed.alg === alg)) return undefined
  const ofKey = keyed?.alg === alg && signature.kind !== 'wrong'
  if (ofKey && !inAllowed && allowed !== undefined) {
    const isDefault = allowed.length === 1 && allowed[0] === 'RS256'
    return certain('JWKS_ALG_DEFAULT', {
      evidence: [
        `The key set of the issuer holds a key for ${alg}, the token is signed with it, and the verifier trusts ${allowed.join(', ')} only${isDefault ? ', which is the default of its library' : ''}.`,
      ],
      fix: [
        `Set the algorithm of the issuer in the configuration of the verifier by name: \`algorithms: ['${alg}']\` (Spring: \`jwsAlgorithm(${alg})\`), that one and no other, as its key is ${alg}.`,
      ],
      explains: ['ALG_MISMATCH', 'SIG_WRONG_KEY'],
    })
  }
  const wanted = allowed?.join(', ') ?? mine.map((key) => String(key.alg)).join(', ')
  return certain('ALG_MISMATCH', {
    evidence: [
      `The token is signed with ${alg}, and the verifier is set to ${wanted}${mine.length > 0 ? ' with the public key of the issuer' : config.secret ? ' with a shared secret' : ''}: issuer and verifier disagree on the algorithm.`,
    ],
    fix: [
      `Let the issuer sign with ${wanted}: set the same algorithm on the issuer as the verifier expects (both sides then agree on ${wanted}).`,
      'Keep exactly one algorithm on the verifier: a public-key verifier that also takes shared-secret signatures can be fooled with its own public key.',
    ],
    explains: ['KID_MISSING', 'SIG_WRONG_KEY', 'KID_UNKNOWN'],
  })
}

export const der: Rule = ({ token, signature }) => {
  if (token === undefined || (signature.kind !== 'der' && !looksLikeDer(token))) return undefined
  return certain('ES_SIGNATURE_DER', {
    evidence: [
      `The ${token.header?.alg} signature has ${token.signature.length} bytes and begins as an ASN.1 DER sequence: the signer passed on what its crypto library gave. A JWT carries R and S side by side, 64 bytes for ES256 (RFC 7518 section 3.4).`,
    ],
    fix: [
      "Convert the signature in the issuer (signer) from DER to raw R and S (IEEE P1363, concatenated): node:crypto `dsaEncoding: 'ieee-p1363'`, Java `SHA256withECDSAinP1363Format`, AWS KMS answers in DER and has to be converted.",
    ],
    explains: ['SIG_WRONG_KEY', 'TOKEN_TRUNCATED', 'TOKEN_NONCANONICAL'],
  })
}

export const notForVerifying: Rule = ({ token, signature, audiences }) => {
  if (token?.header?.nonce === undefined || signature.kind === 'genuine') return undefined
  const { iss, aud } = token.claims ?? {}
  const graph =
    String(aud).includes('00000003-0000-0000-c000-000000000000') ||
    String(aud).includes('graph.microsoft.com') ||
    /sts\.windows\.net|microsoftonline/.test(String(iss))
  return found('TOKEN_NOT_FOR_VERIFYING', graph, {
    evidence: [
      `The header of the token has a \`nonce\`${graph ? ', and it is for Microsoft Graph' : ''}: the provider hashes it before signing, so nobody but the provider can check this signature. The token was made for the provider's own API, not for yours.`,
    ],
    settledBy: ['for which API the client asked for this token (its scope or resource)'],
    fix: [
      `Request (ask for) an access token for this API instead: in the client use the scope of your own API, such as \`api://<your-app-id>/.default\`${audiences.length > 0 ? `, with the audience ${audiences.join(', ')}` : ''}, not a Graph scope like User.Read alone.`,
    ],
    explains: [
      'SIG_WRONG_KEY',
      'AUD_WRONG_API',
      'KID_UNKNOWN',
      'ISS_OTHER_ENVIRONMENT',
      'ISS_ENTRA_V1_V2',
      'TOKEN_TYP_MISMATCH',
      'ALG_MISMATCH',
    ],
  })
}
