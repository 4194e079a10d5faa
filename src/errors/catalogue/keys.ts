import { defineGroup } from './group.ts'

export const keys = defineGroup('keys', {
  SIG_WRONG_KEY: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The signature was made with another key or secret.',
    hint:
      'The token comes from another deployment, from before a key change, or from somebody who made it ' +
      'up. Compare its issuer and key id with those of this service; with HS256 compare the ' +
      'fingerprints of the two secrets.',
  },
  SIG_SECRET_BASE64: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'One side decodes the secret from base64, the other takes its characters as they are.',
    hint:
      'Let both sides do the same. Libraries for Java and .NET often decode, those for JavaScript and ' +
      'Python usually do not.',
  },
  SIG_SECRET_WHITESPACE: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The secret on one side ends in a line break or a space.',
    hint:
      '`echo` and most editors add a line break, and a mounted secret keeps it. Write the file with ' +
      '`printf`, and compare the length of the secret on both sides.',
    prevented:
      'A secret read from a file or the environment loses white space at its ends before it is used.',
  },
  SIG_SECRET_QUOTED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The quotation marks of the environment file became part of the secret.',
    hint:
      'Some tools take the marks in an environment file literally, for instance `docker run ' +
      '--env-file`. Remove them, or compare the length of the secret on both sides.',
  },
  KEY_PEM_BROKEN: {
    effect: 'refused',
    clientCode: 'none',
    meaning:
      'A key in PEM form cannot be read: `\\n` as two characters, everything on one line, or spaces for ' +
      'line breaks.',
    hint:
      'Environment variables rarely keep line breaks. Mount the key as a file, or pass it in base64 ' +
      'and decode it at start.',
  },
  ALG_MISMATCH: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Issuer and verifier disagree on the algorithm.',
    hint:
      'The token is signed with one algorithm while the key here belongs to another. Set the same on ' +
      'both sides; a change of algorithm needs a new key beside the old one until the last token has ' +
      'ended.',
  },
  ALG_CONFUSION: {
    effect: 'accepted',
    clientCode: 'token_invalid',
    meaning: 'A token signed with HS256 uses the text of a public key as its secret.',
    hint:
      'This is an attack that was tried, not a mistake of a client. Look at the address and the ' +
      'account in the log.',
    prevented: 'Every key is a typed value with one algorithm; a public key can never serve as a secret.',
  },
  ALG_NONE: {
    effect: 'accepted',
    clientCode: 'token_invalid',
    meaning: 'The token is not signed at all.',
    hint: 'This is either a test token that escaped or an attack that was tried. Look at who sent it.',
    prevented:
      'The algorithm is fixed by the key and never read from the token; a token without a signature is ' +
      'refused.',
  },
  KID_UNKNOWN: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The key id of the token is not in the key set.',
    hint:
      'The key set here is old, the token was signed by another deployment, or its key was withdrawn. ' +
      "See that the key set address is the issuer's own and that a refresh of it succeeds.",
  },
  KID_REUSED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The key set holds other key material under an id that was in use before.',
    hint:
      'Verifiers that remember the old key refuse what the new one signs. Give every key an id of its ' +
      'own, such as its thumbprint (RFC 7638).',
  },
  KID_MISSING: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The token names no key and there are several.',
    hint: 'Have the issuer write the key id into the header of its tokens.',
  },
  JWKS_UNREACHABLE: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'The key set of the issuer cannot be fetched.',
    hint:
      'Check the address from the machine that verifies: name resolution, outgoing proxy, certificate ' +
      'authority, time limits. Tokens are refused until there has been one answer.',
  },
  JWKS_ALG_DEFAULT: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The verifier trusts one algorithm by default, and the key is of another.',
    hint: 'Name the algorithms of the issuer in the configuration of the verifier.',
  },
  JWKS_REFETCH_STORM: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'Tokens with made-up key ids use up the allowance for fetching the key set.',
    hint:
      'Somebody sends random key ids. The key set is fetched in the background in any case; look at ' +
      'the address the requests come from and limit it.',
    prevented:
      'The key set is refreshed in the background whatever the traffic, and new keys are published ' +
      'well before they sign, so a flood hides no rotation.',
  },
  ES_SIGNATURE_DER: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The ECDSA signature is in DER form instead of R and S side by side.',
    hint:
      'The signer passed on the output of its crypto library as it was. JWT wants the form that ' +
      'node:crypto calls `ieee-p1363` (RFC 7518 section 3.4).',
  },
  TOKEN_NOT_FOR_VERIFYING: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: "A provider's token was sent whose signature only the provider can check.",
    hint:
      'Tokens for Microsoft Graph are an example. Ask the provider for a token whose audience is this ' +
      'API.',
  },
  KEY_ROTATED_HARD: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'A key was replaced without a time in which both were accepted.',
    hint:
      'Put the new secret in front of the old one in the list and take the old one away only when ' +
      'nothing names it.',
    prevented:
      'Keys rotate in phases, and a key stays until the last token it signed has ended. Only `keys ' +
      'rotate --now` withdraws one at once, by name.',
  },
  SECRET_PUBLIC_EXAMPLE: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'The secret was copied from a tutorial, or is a short word.',
    hint:
      'Anybody can sign tokens with it. Make a new one with `countersign secret`, and treat all ' +
      'sessions as void.',
    prevented: 'Sample values, short secrets and repeated patterns stop the start.',
  },
  SECRET_KEY_UNKNOWN: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'A token names an entry of SECRET_KEY that this node does not have.',
    hint:
      'The nodes run with different lists. Give every node the same list, the new entry behind the old ' +
      'one; nobody is signed out meanwhile, the client tries again.',
    own: true,
  },
  SIGNING_KEY_REVOKED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The key that signed the token was withdrawn.',
    hint:
      'Somebody withdrew the key as compromised, so every token it signed is void. People get a new ' +
      'token by refreshing.',
    own: true,
  },
  JWK_REFUSED: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'A key cannot be used: weak, broken, without `alg`, or for another purpose than signatures.',
    hint:
      'The details say what is wrong with it. Every key needs `alg`, and key type, curve and `use` that ' +
      'agree with it; RSA keys have at least 2048 bits; a key set never shows a private or symmetric key.',
    own: true,
  },
})
