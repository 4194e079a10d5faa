import { defineGroup } from './group.ts'

export const refresh = defineGroup('refresh', {
  REFRESH_RACE: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'Two tabs or parallel requests present the same token',
    hint: 'Two tabs or parallel requests present the same token',
  },
  REFRESH_LOST_RESPONSE: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'Server rotated, client never got the answer',
    hint: 'Server rotated, client never got the answer',
  },
  REFRESH_REUSE_THEFT: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'Real reuse',
    hint: 'Real reuse',
  },
  REFRESH_FORKED: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'Not atomic: one token makes several successors',
    hint: 'Not atomic: one token makes several successors',
  },
  REFRESH_GRACE_TOO_DEEP: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'Grace window accepts grandparents',
    hint: 'Grace window accepts grandparents',
  },
  REFRESH_EXPIRED: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'Idle or absolute lifetime passed',
    hint: 'Idle or absolute lifetime passed',
  },
  REFRESH_LOOP: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: '401 that is not expiry makes the client refresh for ever',
    hint: '401 that is not expiry makes the client refresh for ever',
  },
  REFRESH_NEW_TOKEN_UNUSED: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'Client keeps sending the old token',
    hint: 'Client keeps sending the old token',
  },
  REFRESH_LOSER_CLEARS_COOKIES: {
    effect: 'refused',
    clientCode: 'token_missing',
    meaning: "Loser's 401 deletes the winner's cookies",
    hint: "Loser's 401 deletes the winner's cookies",
  },
  REFRESH_UPSTREAM_TESTING: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'Google project in Testing: refresh token dies after 7 days',
    hint: 'Google project in Testing: refresh token dies after 7 days',
  },
  REFRESH_NOT_ISSUED: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'offline_access not requested',
    hint: 'offline_access not requested',
  },
  REFRESH_TOKEN_INVALID: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'REFRESH_TOKEN_INVALID',
    hint: 'REFRESH_TOKEN_INVALID',
    own: true,
  },
  SESSION_ENDED: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'SESSION_ENDED',
    hint: 'SESSION_ENDED',
    own: true,
  },
  SESSION_AHEAD: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'SESSION_AHEAD',
    hint: 'SESSION_AHEAD',
    own: true,
  },
})
