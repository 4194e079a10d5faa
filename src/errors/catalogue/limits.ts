import { defineGroup } from './group.ts'

export const limits = defineGroup('limits', {
  RATE_LIMIT_SHARED_IP: {
    effect: 'refused',
    clientCode: 'too_many_requests',
    meaning: 'All people share one limit, as all requests seem to come from the proxy.',
    hint: 'Name the proxy in TRUSTED_PROXIES, so that the address of the caller is used.',
  },
  RATE_LIMIT_SPOOFABLE: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'The limit goes by a header that any caller can write.',
    hint: 'Believe forwarded addresses from configured proxies only, counted from the right.',
    prevented: 'The address of a caller is read from trusted proxies only, counted from the right.',
  },
  ACCOUNT_LOCKED: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'The right password is refused after too many wrong ones.',
    hint:
      'It passes by itself, and the details say when. The event log shows where the wrong tries came ' +
      'from.',
  },
  RATE_LIMITED: {
    effect: 'refused',
    clientCode: 'too_many_requests',
    meaning: 'A limit for this address, account or network was reached.',
    hint:
      'The details name the limit. A client should wait as long as Retry-After says; a limit that ' +
      'honest use reaches is too low and is a setting.',
    own: true,
  },
})
