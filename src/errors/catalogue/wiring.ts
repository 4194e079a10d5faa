import { defineGroup } from './group.ts'

export const wiring = defineGroup('wiring', {
  SECRET_UNDEFINED: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'Secret read before the config is loaded',
    hint: 'Secret read before the config is loaded',
  },
  STRATEGY_NOT_REGISTERED: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'Guard without strategy provider',
    hint: 'Guard without strategy provider',
  },
  MIDDLEWARE_ORDER: {
    effect: 'both',
    clientCode: 'none',
    meaning: 'Authentication after authorisation or routing',
    hint: 'Authentication after authorisation or routing',
  },
  CLAIM_PATH_MISMATCH: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'Code reads payload._doc._id / name while the token has other names',
    hint: 'Code reads payload._doc._id / name while the token has other names',
  },
  OPTION_MISSPELT: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'Misspelt or ignored option disables a check',
    hint: 'Misspelt or ignored option disables a check',
  },
  REASON_SWALLOWED: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'One catch for all causes, or details hidden',
    hint: 'One catch for all causes, or details hidden',
  },
  PASSWORD_HASH_LIBRARY: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'Hash library broken or limit',
    hint: 'Hash library broken or limit',
  },
  UPGRADE_STRICTER: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Dependency began to check more',
    hint: 'Dependency began to check more',
  },
  BAD_COOKIE_500: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Bad signed cookie crashes',
    hint: 'Bad signed cookie crashes',
  },
})
