import { account } from './en/account.ts'
import { signIn } from './en/sign-in.ts'
import { pluralIn } from './plural.ts'

const plural = pluralIn('en')

/**
 * What the pages say. Every sentence stands here whole; what varies is handed in. The other languages have the same keys
 * by type.
 */
export const en = {
  ...signIn,
  ...account,
  common: {
    skip: 'Skip to content',
    language: 'Language',
    errorTitle: (title: string) => `Error: ${title}`,
    pageTitle: (title: string, service: string) => `${title} · ${service}`,
    problemHeading: 'There is a problem',
    reference: (reference: string) => `Reference: ${reference}`,
    optional: 'Optional',
    back: 'Back',
    cancel: 'Cancel',
    copy: 'Copy',
    copied: 'Copied',
    show: 'Show',
    hide: 'Hide',
    showPassword: 'Show password',
    hidePassword: 'Hide password',
    signOut: 'Sign out',
    unknownDevice: 'Unknown device',
    device: (program: string, system: string) => `${program} on ${system}`,
  },
  fields: {
    login: 'User name or e-mail address',
    email: 'E-mail address',
    username: 'User name',
    usernameHint: '3 to 64 letters, digits, dots, hyphens or underscores.',
    password: 'Password',
    currentPassword: 'Current password',
    newPassword: 'New password',
    passwordHint: (least: number) =>
      plural(least, {
        one: 'At least # character. A few words in a row are easy to remember and hard to guess.',
        other: 'At least # characters. A few words in a row are easy to remember and hard to guess.',
      }),
    code: 'Code',
  },
  doctor: {
    title: 'Doctor',
    lead: 'Why a token is refused, and what to do.',
    tokenHeading: 'Look at a token',
    token: 'Token',
    tokenHint: 'It is looked at here and sent nowhere. Treat a token like a password all the same.',
    look: 'Look at it',
    answer: 'What was found',
    fine: 'No fault was found in it.',
    undecided: 'What is here does not decide it.',
    certain: 'Certain',
    probable: 'Probable',
    fix: 'What to do',
    claims: 'What the token says',
    claimsNotProven: 'What the token says of itself (not proven)',
    checks: {
      form: 'Its form',
      signature: 'Its signature',
      issuer: 'Who issued it',
      audience: 'Whom it is for',
      times: 'Its times',
      account: 'Account and session',
    },
    states: { passed: 'in order', failed: 'not in order', open: 'not looked at' },
    refusals: 'Refusals within a day',
    none: 'Nothing was refused within a day.',
    cause: 'Cause',
    count: 'Number',
    recent: 'The latest',
    when: 'When',
    route: 'Request',
    reference: 'Reference',
  },
  errorPage: {
    title: 'That did not work',
    notFoundTitle: 'There is no such page',
    notFound: 'The address may be mistyped, or the page has moved.',
    forbidden: 'You are not allowed to see this.',
    foreign: 'The form came from another site, so nothing was done. Open the page here and try again.',
    unavailable: 'The service is not available right now. Try again in a minute.',
    inside: 'Something failed on our side. Try again; if it happens again, tell whoever runs this service.',
    refused: 'The request was not understood. Go back and try again.',
    home: 'Go to your account',
    help: 'If you ask for help, give this reference.',
  },
  refusals: {
    wrongCredentials: 'The name or the password is wrong.',
    wait: (seconds: number) =>
      seconds < 90
        ? plural(seconds, {
            one: 'Too many tries. Wait # second, then try again.',
            other: 'Too many tries. Wait # seconds, then try again.',
          })
        : plural(Math.ceil(seconds / 60), {
            one: 'Too many tries. Wait # minute, then try again.',
            other: 'Too many tries. Wait # minutes, then try again.',
          }),
    busy: 'Many people are signing in right now. Try again in a moment.',
    stale:
      'This page was open for too long, or your browser keeps no cookies. Check what is here and send it again.',
    closed: 'Registration is closed.',
    passwordRefused: 'Choose another password.',
    check: 'Check what is marked below.',
    link: 'That link was already used or is too old. Ask for a new one.',
    fresh: 'Enter your password as well: your sign-in was too long ago.',
    refused: 'That was not accepted.',
    unverified: 'Confirm your address first: open the link in the e-mail that we sent you.',
    factorWrong: 'That code is not right. A code works once, and for half a minute.',
    challengeOver: 'That took too long, or too many tries. Sign in again.',
    noPasskeys: 'Passkeys do not work at this address.',
    attemptOver: 'This sign-in was begun in another browser, or took too long. Start it again.',
    providerDown: 'The other service does not answer. Try again in a minute, or sign in another way.',
    providerRefused: 'This sign-in could not be completed. Start it again.',
    providerDenied: 'The sign-in was cancelled.',
    providerOld: 'That service does not say that you signed in there just now. Prove it in another way.',
    providerEmail:
      'The other service gave no e-mail address that can be used. Create an account here first, then connect it.',
    providerTaken: 'That account is connected to another account here already.',
    accountThere:
      'There is an account with this address already. Sign in to it, then connect the other one under “Connected accounts”.',
    lastWayIn: 'This is your only way to sign in. Set a password or connect another account first.',
  },
  problems: {
    empty: 'Fill this in.',
    tooLong: (most: number) => plural(most, { one: 'At most # character.', other: 'At most # characters.' }),
    email: 'Enter an e-mail address, such as name@example.com.',
    username: 'Use 3 to 64 letters, digits, dots, hyphens or underscores.',
    taken: 'This is taken. Choose another one.',
    emailTaken: 'There is an account with this address. Sign in, or use another address.',
    currentPassword: 'This is not your current password.',
    registrationPassword:
      'This is not the password that was chosen for this account. If it was not you who asked for it, do nothing.',
    choose: 'Choose at least one.',
    sameEmail: 'This is your address already.',
    code: 'This is not the code that the app shows now.',
    passkey: 'This passkey was not accepted.',
    invitedEmail: 'This must be the address that was invited.',
  },
  /** What the scopes that are always there let somebody do; your own have your own sentences. */
  scopes: {
    'profile:read': 'See your own account',
    'admin:dashboard': 'See the administration page',
    'admin:users': 'Look after all accounts and their sessions',
    'admin:events': 'Read the audit log',
    'admin:keys': 'See and change the signing keys',
    'admin:clients': 'Register and change the applications that get tokens',
    'revocations:read': 'Learn which tokens have ended',
  },
  /** By the reasons of the password policy. */
  passwordReasons: {
    tooShort: (least: number) =>
      plural(least, { one: 'Use at least # character.', other: 'Use at least # characters.' }),
    tooLong: 'Use at most 256 characters.',
    controlCharacters: 'Leave out tabs and line breaks.',
    unreadable: 'Leave out the character that cannot be read.',
    ownName: 'Leave out your user name and your mail address.',
    serviceName: 'Leave out the name of this service.',
    repeats: 'Do not repeat the same few characters.',
    rows: 'Avoid rows of letters, digits or neighbouring keys, such as abcd, 4321 or qwerty.',
    common: 'Choose another one: this is among the first that an attacker tries.',
    fine: 'Good: this is long and not easy to guess.',
    longer: 'This will do. A longer one is stronger.',
  },
}

/** The catalogue of one language. */
export type Texts = typeof en
