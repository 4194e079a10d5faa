import { isIdToken } from '../../tokens/diagnosis.ts'
import { listOf } from '../facts.ts'
import { certain } from '../finding.ts'
import { isRefused, wordsOf } from '../http-facts.ts'
import type { Rule } from '../rule.ts'
import { clipped } from '../words.ts'

const FIREBASE = 'https://securetoken.google.com/'

export const firebase: Rule = ({ token, config, code }) => {
  const { iss, aud } = token?.claims ?? {}
  const expects =
    config.issuer?.startsWith(FIREBASE) ||
    /firebase/i.test(config.verifier?.library ?? '') ||
    /verifyIdToken/.test(code)
  const custom =
    String(aud).includes('identitytoolkit.googleapis.com') ||
    /firebase-adminsdk|gserviceaccount\.com$/.test(String(iss))
  const google = /^(?:https:\/\/)?accounts\.google\.com$/.test(String(iss))
  if (!expects || !(custom || google)) return undefined
  return certain('FIREBASE_WRONG_TOKEN', {
    evidence: [
      custom
        ? 'This is a Firebase custom token (signed by a service account, for the identity toolkit): it is to be exchanged by the client, not sent to the API.'
        : 'This is a Google sign-in ID token (issuer accounts.google.com), not the ID token of the Firebase user; verifyIdToken expects the latter.',
    ],
    fix: [
      `Send the Firebase ID token to the API: ${custom ? 'exchange the custom token in the client with `signInWithCustomToken(auth, customToken)`' : 'sign in with `signInWithCredential(auth, GoogleAuthProvider.credential(idToken))`'}, then send what \`await user.getIdToken()\` gives.`,
    ],
    explains: [
      'ISS_OTHER_ENVIRONMENT',
      'AUD_WRONG_API',
      'KID_UNKNOWN',
      'SIG_WRONG_KEY',
      'ID_TOKEN_AS_ACCESS',
      'KID_MISSING',
      'ALG_MISMATCH',
      'TOKEN_TYP_MISMATCH',
      'AUD_IN_CLIENT_ID',
    ],
  })
}

export const idToken: Rule = ({ token, audiences, client, hasConfig, wasAccepted }) => {
  const claims = token?.claims
  if (claims === undefined || /at\+jwt/i.test(String(token?.header?.typ))) return undefined
  // An API behind Firebase is sent its ID token: there is no other.
  if (String(claims.iss).startsWith(FIREBASE)) return undefined
  const said = /^id(?:_token|token)?$/i.test(String(claims.token_use ?? claims.typ ?? ''))
  const aud = listOf(claims.aud as string | string[] | undefined)
  const forClient = client.registration !== undefined && aud.includes(client.registration.client_id)
  const hasScope = claims.scope !== undefined || claims.scp !== undefined
  if (!said && !(isIdToken(claims) && !hasScope) && !(forClient && !hasScope)) return undefined
  const fits = aud.some((one) => audiences.includes(String(one)))
  if (!hasConfig && !said && !forClient && claims.at_hash === undefined && claims.nonce === undefined)
    return undefined
  const marks = ['nonce', 'at_hash', 'c_hash'].filter((name) => claims[name] !== undefined)
  return certain('ID_TOKEN_AS_ACCESS', {
    evidence: [
      `This is an ID token${marks.length > 0 ? ` (it carries ${marks.join(' and ')})` : ''}${aud.length > 0 ? `, made for the client \`${clipped(String(aud[0]))}\`` : ''}: it tells the application who signed in, and is no key to an API.${wasAccepted || fits ? ' A service that accepts it lets in whoever gets hold of it at any client.' : ''}`,
    ],
    fix: [
      'Send the access token (`access_token` of the token response) to the API, not the `id_token`.',
      ...(audiences.length > 0
        ? [`If there is none for this API, request one with the audience ${audiences.join(', ')}.`]
        : []),
      ...(wasAccepted
        ? ['Let the API demand the type of an access token (`typ: at+jwt`, RFC 9068) and its own audience.']
        : []),
    ],
    explains: [
      'AUD_WRONG_API',
      'TOKEN_TYP_MISMATCH',
      'REQUIRED_CLAIM_NEW',
      'SCOPE_MISSING',
      'AUD_IN_CLIENT_ID',
      'AUD_ABSENT_ACCEPTED',
    ],
  })
}

export const tokenType: Rule = ({ token, hasConfig, config, events, exchange }) => {
  const { typ } = token?.header ?? {}
  if (typ !== undefined && typeof typ === 'string' && /^(?:application\/)?(?:at\+)?jwt$/i.test(typ)) {
    const demanded = config.verifier?.options?.typ
    if (typeof demanded !== 'string' || demanded.toLowerCase() === typ.toLowerCase()) {
      const refused = events.some(({ check, outcome }) => outcome === 'refused' && /^typ/.test(check ?? ''))
      if (
        !refused &&
        !(
          exchange !== undefined &&
          isRefused(exchange) &&
          /"?typ"? (?:header|claim|mismatch)|unexpected "typ"/.test(wordsOf(exchange.response))
        )
      )
        return undefined
    }
  }
  if (token?.header === undefined || token.parts.length !== 3) return undefined
  if (!hasConfig && events.length === 0 && exchange === undefined) return undefined
  if (typ === undefined && config.verifier?.options?.typ === undefined) return undefined
  const wanted = typeof config.verifier?.options?.typ === 'string' ? config.verifier.options.typ : 'at+jwt'
  return certain('TOKEN_TYP_MISMATCH', {
    evidence: [
      `The token says \`typ: ${clipped(typ ?? 'nothing')}\`, and the verifier demands \`${wanted}\` (access tokens, RFC 9068).`,
    ],
    fix: [
      `Have the issuer write \`typ: ${wanted}\` into the header of its access tokens (for many a setting: access token type, RFC 9068 profile).`,
      'See that it is an access token which is sent: logout tokens, DPoP proofs and ID tokens say other types.',
    ],
  })
}
