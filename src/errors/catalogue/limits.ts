import { defineGroup } from './group.ts'

export const limits = defineGroup('limits', {
  RATE_LIMIT_SHARED_IP: {
    effect: 'refused',
    clientCode: 'too_many_requests',
    meaning: 'All users share the proxy address',
    hint: 'All users share the proxy address',
  },
  RATE_LIMIT_SPOOFABLE: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'Limit keyed on a client-written header',
    hint: 'Limit keyed on a client-written header',
  },
  ACCOUNT_LOCKED: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'Correct password refused after failures',
    hint: 'Correct password refused after failures',
  },
  RATE_LIMITED: {
    effect: 'refused',
    clientCode: 'too_many_requests',
    meaning: 'RATE_LIMITED',
    hint: 'RATE_LIMITED',
    own: true,
  },
})
