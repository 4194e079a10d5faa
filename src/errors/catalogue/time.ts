import { defineGroup } from './group.ts'

export const time = defineGroup('time', {
  TOKEN_EXPIRED: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'The access token has expired.',
    hint:
      'This is the ordinary end of a token: refresh and repeat the request. If it happens right after ' +
      'the sign-in, compare the clocks of issuer and verifier.',
  },
  CLOCK_VERIFIER_AHEAD: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'The clock of the verifier is ahead, so tokens expire too early.',
    hint: 'Synchronise the clock (chrony, NTP). Virtual machines drift after they were suspended.',
  },
  CLOCK_VERIFIER_BEHIND: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The clock of the verifier is behind, so fresh tokens seem to come from the future.',
    hint:
      'Synchronise the clock (chrony, NTP). A tolerance of a few seconds is built in and is not meant ' +
      'for more.',
  },
  CLOCK_CLIENT: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'The client judges the expiry by a device clock that is wrong.',
    hint:
      'Count from the moment the answer arrived, with `expires_in` and a clock that nobody sets, or ' +
      'refresh when the server says `token_expired`.',
  },
  EXP_IN_MILLISECONDS: {
    effect: 'accepted',
    clientCode: 'token_invalid',
    meaning: '`exp` was written in milliseconds, so the token ends thousands of years from now.',
    hint: 'The issuer used Date.now() as it is. Divide by 1000 and round down; `exp` counts seconds.',
    prevented: 'A token that claims to live longer than the configured maximum is refused.',
  },
  EXP_RELATIVE: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: '`exp` holds a duration instead of a point in time.',
    hint:
      'The issuer wrote the life of the token, for instance 60. Write the present time in seconds plus ' +
      'the life.',
  },
  EXPIRES_IN_STRING_MS: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'A life given as text, `"3600"`, was read as milliseconds.',
    hint:
      'Give a number for seconds or a text with a unit; the same value as text and as number means two ' +
      'things in some libraries.',
    prevented:
      'A duration is a whole number of seconds or a text with a unit, such as `15m`; anything else ' +
      'stops the start.',
  },
  EXP_MISSING: {
    effect: 'accepted',
    clientCode: 'token_invalid',
    meaning: 'The token has no `exp`.',
    hint: 'Such a token would never end. Have the issuer set a life.',
    prevented: 'A token without `exp`, `iat`, `sub`, `jti` or `client_id` is refused.',
  },
  EXP_WRONG_TYPE: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: '`exp` is a text, not a number.',
    hint: 'Have the issuer write a JSON number of seconds.',
  },
  TIMEZONE_OFFSET: {
    effect: 'both',
    clientCode: 'token_expired',
    meaning: 'Local time was taken for UTC, so tokens end hours early or late.',
    hint:
      'Dates without a zone are the usual source. Take seconds since 1970 from the system clock and ' +
      'never from a formatted date.',
    prevented:
      "Our times are numbers counted from 1970 in UTC, from the database's clock, and never pass " +
      'through a formatted date.',
  },
  SUB_NOT_STRING: {
    effect: 'refused',
    clientCode: 'token_malformed',
    meaning: '`sub` is a number.',
    hint: 'Have the issuer write the id as text (RFC 7519 section 4.1.2).',
  },
  SKEW_HIDES_EXPIRY: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'A wide default tolerance keeps expired tokens valid for minutes.',
    hint:
      'Several libraries allow five minutes unless told otherwise. Set the tolerance to a few seconds ' +
      'and synchronise the clocks.',
    prevented: 'The tolerance is 5 seconds and cannot be set above 60.',
  },
  LIFETIME_TOO_SHORT: {
    effect: 'refused',
    clientCode: 'token_expired',
    meaning: 'Access tokens end before people are done, and the client does not refresh.',
    hint:
      'Keep access tokens short and let the client refresh on `token_expired`; raise ' +
      'ACCESS_TOKEN_EXPIRE_MINUTES only where there can be no refresh.',
  },
  TOKEN_LIFE_TOO_LONG: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The token claims a longer life than is allowed here.',
    hint:
      'The life was lowered in the configuration after the token was issued, or another issuer holds ' +
      'the key. Revocations are kept for the longest allowed life, so nothing longer can be trusted. ' +
      'Refreshing gives a token of the right length.',
    own: true,
  },
})
