import { defineGroup } from './group.ts'

export const revocation = defineGroup('revocation', {
  TOKEN_REVOKED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'jti on the deny list (logout)',
    hint: 'jti on the deny list (logout)',
  },
  TOKEN_VERSION_STALE: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Password changed / sign out everywhere',
    hint: 'Password changed / sign out everywhere',
  },
  NOT_REVOKED: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'Logout, password change or deletion leaves tokens alive',
    hint: 'Logout, password change or deletion leaves tokens alive',
  },
  DENYLIST_DOWN: {
    effect: 'both',
    clientCode: 'try_again',
    meaning: 'Store for revocation unreachable',
    hint: 'Store for revocation unreachable',
  },
  DENYLIST_BY_STRING: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'Deny list or cache keyed by token text',
    hint: 'Deny list or cache keyed by token text',
  },
  REQUIRED_CLAIM_NEW: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'New release demands a claim old tokens lack (jti, tv)',
    hint: 'New release demands a claim old tokens lack (jti, tv)',
  },
  SESSION_STORE_LOST: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'In-memory sessions lost at restart or not shared',
    hint: 'In-memory sessions lost at restart or not shared',
  },
  REVOCATION_STALE: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'REVOCATION_STALE',
    hint: 'REVOCATION_STALE',
    own: true,
  },
  SESSION_REVOKED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'SESSION_REVOKED',
    hint: 'SESSION_REVOKED',
    own: true,
  },
  CLIENT_REMOVED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'CLIENT_REMOVED',
    hint: 'CLIENT_REMOVED',
    own: true,
  },
  STORE_RESTORED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'STORE_RESTORED',
    hint: 'STORE_RESTORED',
    own: true,
  },
})
