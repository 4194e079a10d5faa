import { defineGroup } from './group.ts'

export const time = defineGroup('time', {
  TOKEN_EXPIRED: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'Expired',
    hint: 'Expired',
  },
  CLOCK_VERIFIER_AHEAD: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'Server clock ahead',
    hint: 'Server clock ahead',
  },
  CLOCK_VERIFIER_BEHIND: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Server clock behind: iat / nbf in its future',
    hint: 'Server clock behind: iat / nbf in its future',
  },
  CLOCK_CLIENT: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'Client judges expiry by a wrong device clock',
    hint: 'Client judges expiry by a wrong device clock',
  },
  EXP_IN_MILLISECONDS: {
    effect: 'accepted',
    clientCode: 'token_invalid',
    meaning: 'exp written with Date.now()',
    hint: 'exp written with Date.now()',
  },
  EXP_RELATIVE: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'exp is a duration (60)',
    hint: 'exp is a duration (60)',
  },
  EXPIRES_IN_STRING_MS: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'expiresIn "3600" read as milliseconds',
    hint: 'expiresIn "3600" read as milliseconds',
  },
  EXP_MISSING: {
    effect: 'accepted',
    clientCode: 'token_invalid',
    meaning: 'No exp',
    hint: 'No exp',
  },
  EXP_WRONG_TYPE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'exp is a string',
    hint: 'exp is a string',
  },
  TIMEZONE_OFFSET: {
    effect: 'both',
    clientCode: 'token_expired',
    meaning: 'Naive local time used as UTC',
    hint: 'Naive local time used as UTC',
  },
  SUB_NOT_STRING: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: 'sub is a number',
    hint: 'sub is a number',
  },
  SKEW_HIDES_EXPIRY: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'Default 5 minute tolerance',
    hint: 'Default 5 minute tolerance',
  },
  LIFETIME_TOO_SHORT: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'Lifetime below real use, no refresh',
    hint: 'Lifetime below real use, no refresh',
  },
  TOKEN_LIFE_TOO_LONG: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'TOKEN_LIFE_TOO_LONG',
    hint: 'TOKEN_LIFE_TOO_LONG',
    own: true,
  },
})
