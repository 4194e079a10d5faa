import { Derived, setting } from '../setting.ts'
import { oneOf, wholeNumber } from '../values.ts'

/** How tokens are signed, how long things live, and what happens when one is used twice. */
export const tokens = {
  jwtAlgorithm: setting({
    kind: oneOf('ES256', 'ES384', 'EdDSA', 'RS256', 'PS256', 'HS256'),
    environment: 'JWT_ALGORITHM',
    default: 'ES256',
    description:
      'The algorithm of new signing keys. HS256 suits one service that signs and checks its own tokens.',
  }),
  keyRotationDays: setting({
    kind: wholeNumber(1, 3650),
    environment: 'KEY_ROTATION_DAYS',
    default: 90,
    description: 'The age at which a signing key gets a successor. The change refuses no token.',
  }),
  accessTokenExpireMinutes: setting({
    kind: wholeNumber(1, 60),
    environment: 'ACCESS_TOKEN_EXPIRE_MINUTES',
    default: 15,
    description:
      'How long an access token lives. Above an hour is refused: a long life is what refresh tokens are for, and ' +
      'whoever checks tokens elsewhere would remember revocations all that time.',
  }),
  refreshTokenExpireDays: setting({
    kind: wholeNumber(1, 365),
    environment: 'REFRESH_TOKEN_EXPIRE_DAYS',
    default: 30,
    description: 'How long a session lives at most, however often it is refreshed.',
  }),
  refreshIdleDays: setting({
    kind: wholeNumber(1, 365),
    environment: 'REFRESH_IDLE_DAYS',
    default: new Derived(
      '`7`, or `REFRESH_TOKEN_EXPIRE_DAYS` if that is less',
      ({ refreshTokenExpireDays }) => Math.min(7, refreshTokenExpireDays),
    ),
    description: 'How long a session lives without being refreshed.',
  }),
  refreshReuseWindowSeconds: setting({
    kind: wholeNumber(0, 60),
    environment: 'REFRESH_REUSE_WINDOW_SECONDS',
    default: 10,
    description:
      'How long a refresh token that was just used is answered with its successor again, for two tabs, a retry, an ' +
      'answer that was lost. `0` forgives no repeat.',
  }),
  onReuse: setting({
    kind: oneOf('session', 'user'),
    environment: 'ON_REUSE',
    default: 'session',
    description: 'What ends when an old refresh token is used: that session, or all sessions of its user.',
  }),
  repeatElsewhere: setting({
    kind: oneOf('event', 'reuse'),
    environment: 'REPEAT_ELSEWHERE',
    default: 'event',
    description:
      'What a repeat within the reuse window is that comes from another network and another user agent: an event and ' +
      'the hook `after.repeatElsewhere`, or reuse.',
  }),
}
