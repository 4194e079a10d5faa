import { certain, probable } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { isHmac } from '../../signature-trial.ts'
import { ago, clipped } from '../../words.ts'
import { keyChange } from './rotation.ts'

export const wrongKey: Rule = ({ signature, token, config, now }) => {
  if (signature.kind !== 'wrong' || token === undefined) return undefined
  const { kid, alg } = token.header ?? {}
  const { iat } = token.claims ?? {}
  const mine = isHmac(alg)
    ? config.secret === undefined
      ? 'any secret of the issuer'
      : 'the secret'
    : 'any key at hand'
  const tried =
    isHmac(alg) && config.secret === undefined
      ? ''
      : ' Tried as well: the secret trimmed, without quotes, base64-decoded; the other keys; DER.'
  return certain('SIG_WRONG_KEY', {
    evidence: [
      `The signature does not verify with ${mine}${kid === undefined ? '' : ` (kid \`${clipped(kid)}\`)`}: the token was signed with another key or secret, or changed afterwards.${tried}${typeof iat === 'number' ? ` It claims to be issued ${ago(iat, now)}; its claims are not proven.` : ''}`,
    ],
    fix: [
      isHmac(alg)
        ? 'Give issuer and verifier the same secret: compare its length and fingerprint on both sides (`printf %s "$JWT_SECRET" | sha256sum | cut -c1-12`), set the same value on both, and restart.'
        : 'Compare the key of the issuer with that of the verifier: fetch the key set again (`curl ISSUER/.well-known/jwks.json`) and see that the verifier uses the keys of the same issuer.',
      'Then obtain a new token (sign in again): this one stays invalid.',
    ],
  })
}

export const inEvents: Rule = ({ events, evidence, now }) => {
  if (evidence.tokens !== undefined || evidence.nodes !== undefined) return undefined
  const refused = events.filter(
    ({ outcome, check, alg }) => outcome === 'refused' && check === 'signature' && alg !== undefined,
  )
  const nodes = new Set(refused.map(({ node }) => node))
  const [first] = refused
  if (first === undefined || nodes.size > 1 || keyChange(events) !== undefined) return undefined
  return probable('SIG_WRONG_KEY', {
    evidence: [
      `${refused.length} refusals since ${ago(first.time, now)}: the signature does not fit the key of the verifier.`,
    ],
    settledBy: [
      'one such token together with the configuration of the verifier: `countersign doctor token`',
      'the configuration of every node, or its fingerprint',
    ],
    fix: [
      'Give issuer and verifier the same key or secret: compare the fingerprints on both sides, then get a new token.',
    ],
  })
}
