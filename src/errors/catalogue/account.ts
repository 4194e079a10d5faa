import { defineGroup } from './group.ts'

export const account = defineGroup('account', {
  USER_NOT_FOUND: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The account of the token does not exist any more.',
    hint:
      'It was deleted, or the token belongs to another database with the same keys. Give test and ' +
      'production keys of their own.',
  },
  SUB_RENAMED: {
    effect: 'both',
    clientCode: 'token_invalid',
    meaning: '`sub` is a user name or an address that has changed.',
    hint: 'Use an id that never changes as `sub`, and look accounts up by it.',
    prevented: '`sub` is a random id that stays when the account is renamed and is never given to another.',
  },
  USER_DISABLED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The account is disabled, or not verified where that is required.',
    hint: 'See `countersign users show`. Enable the account, or have its address verified.',
  },
  WRONG_USER_DATA: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: "The token is accepted, and somebody else's data comes back.",
    hint:
      'Take the owner from `principal.id` and never from the request alone; see that no cache mixes ' +
      'answers and that names are not used as ids.',
  },
  CREDENTIALS_WRONG: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'No account has this name with this password.',
    hint:
      'An unknown name and a wrong password get the same answer on purpose. The details of the event ' +
      'say which it was.',
    own: true,
  },
  ACCOUNT_NAME_TAKEN: {
    effect: 'refused',
    clientCode: 'conflict',
    meaning: 'An account with this name or address exists already.',
    hint:
      'Expected with open registration. Where accounts must not be told apart, set `registration` to ' +
      '`verified`: every answer is then the same.',
    sentence: 'There is already an account with this name or address. Sign in, or choose another.',
    own: true,
  },
  PASSWORD_REFUSED: {
    effect: 'refused',
    clientCode: 'invalid_request',
    meaning: 'The new password does not meet the rules.',
    hint: 'The field problem says which rule. How long it must be is the setting `passwords`.',
    sentence: 'This password cannot be used. The list of errors says why.',
    own: true,
  },
  REGISTRATION_CLOSED: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'Accounts are not open to everybody here.',
    hint:
      'The setting `registration` is `invite` or `closed`. Make the account with `countersign users ' +
      'create`, or send an invitation.',
    sentence: 'New accounts are by invitation only.',
    own: true,
  },
  EMAIL_UNVERIFIED: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning:
      'The password is right, and the mail address of the account is not proven, which is required here.',
    hint:
      'The setting `verifiedEmailRequired`. `POST /email/verify/request` mails another link; a reset of the password ' +
      'proves the address as well.',
    sentence: 'Confirm your e-mail address first: follow the link in the mail, or ask for another one.',
    own: true,
  },
  LINK_INVALID: {
    effect: 'refused',
    clientCode: 'invalid_request',
    meaning: 'The mailed link was used before, is too old, or the password or address was changed since.',
    hint:
      'A link is good once and for an hour. Programs that scan mail open links: the page behind a link uses it only when ' +
      'its form is sent, and a page of your own has to do the same.',
    sentence: 'That link was already used or is too old. Ask for a new one.',
    own: true,
  },
  MFA_REQUIRED: {
    effect: 'refused',
    clientCode: 'mfa_required',
    meaning: 'The password was right, and the account has a second factor that was not proven yet.',
    hint:
      'Expected. Answer the challenge of the refusal with the grant type of docs/second-factor.md. Where a route ' +
      'refuses, the credential is one that cannot carry a second factor: use an API key.',
    own: true,
  },
  MFA_ENROLMENT_REQUIRED: {
    effect: 'refused',
    clientCode: 'mfa_enrolment_required',
    meaning: 'The account has a role that needs a second factor, and has none yet.',
    hint: 'The setting `requireSecondFactor` names the role. The challenge of the refusal lets one be set up.',
    own: true,
  },
  CHALLENGE_VOID: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'The challenge of a sign-in is not good any more, or is not for this.',
    hint:
      'The details say why: it is older than five minutes, was answered before, got five wrong answers, belongs to ' +
      'another client, or the account has changed since. Begin the sign-in again.',
    own: true,
  },
  FACTOR_WRONG: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'The code or the passkey is not right for this account.',
    hint:
      'A code is good once, for about a minute: compare the clocks of server and phone. The details say whether ' +
      'it was used before, and what was wrong with a passkey.',
    own: true,
  },
  PASSKEYS_UNAVAILABLE: {
    effect: 'refused',
    clientCode: 'invalid_request',
    meaning: 'Passkeys cannot work at this address.',
    hint:
      'Browsers bind a passkey to a host name, and ISSUER names an address. Set it to the name that people use; in ' +
      'development `http://localhost:8000`.',
    sentence: 'Passkeys cannot be used at this address.',
    own: true,
  },
  HOOK_REFUSED: {
    effect: 'refused',
    clientCode: 'access_denied',
    meaning: 'A hook of the application refused.',
    hint: 'A `before` hook said no or failed. Its own error stands in the log under the same reference.',
    own: true,
  },
})
