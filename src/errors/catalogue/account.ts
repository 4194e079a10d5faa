import { defineGroup } from './group.ts'

export const account = defineGroup('account', {
  USER_NOT_FOUND: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'User deleted',
    hint: 'User deleted',
  },
  SUB_RENAMED: {
    effect: 'both',
    clientCode: 'token_invalid',
    meaning: 'sub is a user name or e-mail that changed',
    hint: 'sub is a user name or e-mail that changed',
  },
  USER_DISABLED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Account disabled or not verified',
    hint: 'Account disabled or not verified',
  },
  WRONG_USER_DATA: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: "Token accepted, other user's data",
    hint: "Token accepted, other user's data",
  },
  CREDENTIALS_WRONG: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'CREDENTIALS_WRONG',
    hint: 'CREDENTIALS_WRONG',
    own: true,
  },
  ACCOUNT_NAME_TAKEN: {
    effect: 'refused',
    clientCode: 'conflict',
    meaning: 'ACCOUNT_NAME_TAKEN',
    hint: 'ACCOUNT_NAME_TAKEN',
    own: true,
  },
  PASSWORD_REFUSED: {
    effect: 'refused',
    clientCode: 'invalid_request',
    meaning: 'PASSWORD_REFUSED',
    hint: 'PASSWORD_REFUSED',
    own: true,
  },
  REGISTRATION_CLOSED: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'REGISTRATION_CLOSED',
    hint: 'REGISTRATION_CLOSED',
    own: true,
  },
  HOOK_REFUSED: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'HOOK_REFUSED',
    hint: 'HOOK_REFUSED',
    own: true,
  },
})
