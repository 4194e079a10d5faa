import { defineGroup } from './group.ts'

export const refresh = defineGroup(
  'refresh',
  {
    REFRESH_RACE: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning:
        'Two tabs or two parallel requests present the same refresh token, and the slower one is signed out.',
      hint: 'Let one request refresh for all, and the rest wait for its result.',
      prevented: 'A token that was passed within the reuse window is answered with the current one.',
    },
    REFRESH_LOST_RESPONSE: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'The server turned the token, and the answer never arrived.',
      hint:
        'Repeat the request at once with the same token. Send an Idempotency-Key with each refresh, and ' +
        'the repeat works even days later.',
      prevented:
        'Within the reuse window, and with the same Idempotency-Key at any time, the repeat gets the ' +
        'same successor.',
    },
    REFRESH_REUSE_THEFT: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'A refresh token was used again after its time; the session was ended.',
      hint:
        'Treat it as a stolen token until shown otherwise: the event names place and program of both ' +
        'uses. A client that keeps an old token in a second place causes the same.',
    },
    REFRESH_FORKED: {
      effect: 'accepted',
      clientCode: 'none',
      meaning: 'One refresh token has two live successors.',
      hint: 'The turn is not atomic: read and write are two steps. Make it one conditional statement.',
      prevented:
        'A turn is one conditional statement, and the successor follows from the row, so there is never ' +
        'a second text for it.',
    },
    REFRESH_GRACE_TOO_DEEP: {
      effect: 'accepted',
      clientCode: 'none',
      meaning: 'The grace period also accepts tokens of generations long gone.',
      hint: 'Count the period of each token from the moment it was passed and never from the latest turn.',
      prevented:
        'Each generation has a window of its own, counted from when it was passed, and never more than ' +
        'two windows.',
    },
    REFRESH_EXPIRED: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'The session was idle for too long, or has reached its longest life.',
      hint: 'Expected; people sign in again. REFRESH_TOKEN_EXPIRE_DAYS is the longest life.',
    },
    REFRESH_LOOP: {
      effect: 'refused',
      clientCode: 'token_invalid',
      meaning: 'A 401 that has nothing to do with expiry makes the client refresh for ever.',
      hint:
        'Refresh on `token_expired` only, and at most once for a request. On `token_invalid` refresh ' +
        'once, then sign in.',
    },
    REFRESH_NEW_TOKEN_UNUSED: {
      effect: 'refused',
      clientCode: 'token_expired',
      meaning: 'The client refreshed, and goes on sending the old access token.',
      hint: 'The header was set once when the client was built. Read the token anew for every request.',
    },
    REFRESH_LOSER_CLEARS_COOKIES: {
      effect: 'refused',
      clientCode: 'token_missing',
      meaning: 'The slower of two refreshes fails, and its answer deletes the cookies of the faster one.',
      hint: 'Do not clear cookies on a refused refresh; clear them on sign-out.',
      prevented: 'The slower of two refreshes succeeds too, so there is no refusal to act on.',
    },
    REFRESH_UPSTREAM_TESTING: {
      effect: 'refused',
      clientCode: 'none',
      meaning: 'A Google project in the state Testing ends its refresh tokens after seven days.',
      hint: 'Publish the project in the Google console, and have people consent again.',
    },
    REFRESH_NOT_ISSUED: {
      effect: 'refused',
      clientCode: 'token_expired',
      meaning: 'There is no refresh token, as `offline_access` was not asked for.',
      hint:
        'Ask for it where the provider demands it. Our token endpoint gives one to every client that is ' +
        'registered for the refresh grant.',
    },
    REFRESH_TOKEN_INVALID: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'The refresh token is not one of ours, is damaged, or belongs to another client.',
      hint:
        'Compare with what the sign-in answer gave: a cut or re-encoded text, an access token sent by ' +
        'mistake, another environment, another `client_id`.',
      own: true,
    },
    SESSION_ENDED: {
      effect: 'refused',
      clientCode: 'invalid_grant',
      meaning: 'The session has ended: sign-out, a new password, an administrator, or reuse.',
      hint: 'The audit log says when and why: `countersign events --user NAME`. People sign in again.',
      own: true,
    },
    SESSION_AHEAD: {
      effect: 'refused',
      clientCode: 'try_again',
      meaning: 'The refresh token is further than the database knows.',
      hint:
        'The database lost commits, after a fail-over or a restore. Check which copy is serving; after a ' +
        'restore run `countersign migrate --restored`.',
      own: true,
    },
  },
  { invalid_grant: 'The refresh token is not valid any more. Sign in again.' },
)
