import { defineGroup } from './group.ts'

export const revocation = defineGroup('revocation', {
  TOKEN_REVOKED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'This token was revoked.',
    hint:
      'Somebody signed out or revoked it. A client that goes on using it kept a copy; let it clear ' +
      'what it stored at sign-out.',
  },
  TOKEN_VERSION_STALE: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The token is older than a change to its account: password, roles, or sign-out everywhere.',
    hint:
      'Expected after such a change. After a change of roles refreshing is enough; after a change of ' +
      'password people sign in again.',
  },
  NOT_REVOKED: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'Sign-out, a new password or the deletion of an account leaves tokens alive.',
    hint:
      'Tokens that are only forgotten by the client go on working. Revoke at the issuer, and let every ' +
      'verifier follow the revocations.',
    prevented:
      'Each of these writes its revocation in the same transaction, and every verifier sees it within ' +
      'the stated bound or refuses.',
  },
  DENYLIST_DOWN: {
    effect: 'both',
    clientCode: 'try_again',
    meaning: 'The store of revocations cannot be reached.',
    hint:
      'Look at the database and the network between. In strict mode requests are refused until it ' +
      'answers; in relaxed mode, chosen by name, tokens run on until they expire.',
    prevented:
      'Revocations are kept in memory, and past `maxStaleness` the verifier refuses instead of ' +
      'guessing, unless relaxed mode was chosen.',
  },
  DENYLIST_BY_STRING: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'Revocation or a cache goes by the text of a token, so another spelling passes.',
    hint: 'Name tokens by their `jti`, never by their text.',
    prevented:
      'Revocations name ids and counters, and a remembered token counts only for the very same text.',
  },
  REQUIRED_CLAIM_NEW: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'A new release demands a claim that older tokens lack.',
    hint:
      'It passes when the older tokens have expired; refreshing gives one with the claim. Write a new ' +
      'claim for one token life before you demand it.',
  },
  SESSION_STORE_LOST: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Sessions were kept in the memory of one process and went with it.',
    hint: 'Keep sessions in a store that all processes share and that outlives them.',
    prevented: 'Sessions are rows of the database and are never kept in memory alone.',
  },
  REVOCATION_STALE: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'This node has not been able to ask for revocations for longer than allowed.',
    hint:
      'The database was slow or unreachable, or the process stood still. It recovers with the first ' +
      'answer; if it lasts, look at `/readyz` and at the database.',
    own: true,
  },
  CLIENT_REMOVED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The client the token was issued to has been removed, or its tokens were made void.',
    hint: 'Register the client again if this was not intended. Its tokens stay void.',
    own: true,
  },
  STORE_RESTORED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The database was restored from a backup after this token was issued.',
    hint:
      'A backup can revive what was revoked since, so everything older than the restore is void. ' +
      'People sign in again.',
    own: true,
  },
})
