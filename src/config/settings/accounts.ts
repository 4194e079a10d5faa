import { z } from 'zod'
import { faultOfRedirectUri } from '../../clients/redirect-uri.ts'
import { setting, type ValueKind } from '../setting.ts'
import { listOf, oneOf, textThat, wholeNumber, yesOrNo } from '../values.ts'

/** The shortest password that NIST SP 800-63B-4 section 3.1.1 allows where it is the only factor. */
const NIST_MINIMUM_LENGTH = 15

/** What passwords must be like. */
export interface PasswordRules {
  /** Characters. */
  readonly minimumLength: number
  readonly profile?: 'nist' | undefined
}

export interface PasswordRulesInput {
  readonly minimumLength?: number | undefined
  readonly profile?: 'nist' | undefined
}

const roleOrAll = textThat('a role name, or `*` for all', (text) =>
  /^([a-z][a-z0-9_-]{0,63}|\*)$/i.test(text),
)

/** Who may have an account, and how they prove that it is theirs. */
export const accounts = {
  registration: setting({
    kind: oneOf('open', 'verified', 'invite', 'closed'),
    environment: 'REGISTRATION',
    default: 'open',
    description:
      'Who may register: everybody (`open`; a taken address is told), everybody by a mailed link (`verified`; hides ' +
      'who has an account), whoever was invited (`invite`), nobody (`closed`).',
  }),
  verifiedEmailRequired: setting({
    kind: yesOrNo(),
    environment: 'VERIFIED_EMAIL_REQUIRED',
    default: false,
    description: 'Whether nobody may sign in before their mail address is proven.',
  }),
  passwordGrant: setting({
    kind: yesOrNo(),
    environment: 'PASSWORD_GRANT',
    default: true,
    description:
      'Whether the built-in first-party client may trade a user name and password for tokens at `/token`. Code and ' +
      'PKCE is the better way where a browser is at hand (RFC 9700 section 2.4).',
  }),
  basicForPeople: setting({
    kind: yesOrNo(),
    environment: 'BASIC_FOR_PEOPLE',
    default: false,
    description:
      'Whether people may send name and password with every request (HTTP Basic), where a route takes it. Not whoever ' +
      'has a second factor. Clients may in any case.',
  }),
  requireSecondFactor: setting({
    kind: listOf(roleOrAll, 'a list of role names, or `*` for all'),
    environment: 'REQUIRE_SECOND_FACTOR',
    default: [],
    description:
      'The roles, of the configuration or of the database, that need a second factor to sign in; `*` for everybody. ' +
      'Who has none yet is asked to set one up first. An account that has a second factor is asked for it in any ' +
      'case. A name that is no role is told at the start.',
  }),
  firstPartyRedirectUris: setting({
    kind: listOf(
      textThat(
        'an address such as `https://app.example.com/callback`',
        (text) => faultOfRedirectUri(text) === undefined,
      ),
      'a list of addresses such as `https://app.example.com/callback`',
    ),
    environment: 'FIRST_PARTY_REDIRECT_URIS',
    default: [],
    description:
      'Where the built-in first-party client may lead back to, exactly: your own front ends then sign people in by code ' +
      'and PKCE, without a registration and without asking for consent, unless another program could take the address ' +
      '(a loopback address, a private scheme).',
  }),
  passwords: setting({
    kind: passwordRules(),
    default: { minimumLength: 8 },
    description:
      "`minimumLength`: the fewest characters of a new password, 8 to 64. `profile: 'nist'`: what NIST SP 800-63B-4 " +
      'asks where the password is the only factor, which is at least 15.',
  }),
}

function passwordRules(): ValueKind<PasswordRules, PasswordRulesInput> {
  const least = z.strictObject(
    {
      minimumLength: wholeNumber(8, 64).schema.optional(),
      profile: oneOf('nist').schema.optional(),
    },
    {
      error: 'must be an object with `minimumLength` or `profile`',
    },
  )
  return {
    schema: least
      .refine(
        ({ minimumLength, profile }) =>
          profile !== 'nist' || minimumLength === undefined || minimumLength >= NIST_MINIMUM_LENGTH,
        {
          error: `must be at least ${NIST_MINIMUM_LENGTH} with \`profile: 'nist'\``,
          path: ['minimumLength'],
        },
      )
      .transform(({ minimumLength, profile }) => ({
        minimumLength: minimumLength ?? (profile === 'nist' ? NIST_MINIMUM_LENGTH : 8),
        ...(profile === undefined ? {} : { profile }),
      })),
    expects: 'an object with `minimumLength` (8 to 64) or `profile`',
    fromText: (text) => text,
  }
}
