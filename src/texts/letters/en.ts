import { type LetterTexts, lengthIn, sentenceOnWays } from './letter-texts.ts'

const length = lengthIn('en')
const waysLeft = sentenceOnWays(
  'en',
  { one: '# passkey', other: '# passkeys' },
  (ways) =>
    `Without the password it can still be opened by: ${ways}. Sign in and take away what is not yours, under ` +
    '“Connected accounts” and “Two-step sign-in”.',
)

const NOT_YOU = 'If this was not you, there is nothing to do: without the link nothing happens.'

export const en: LetterTexts = {
  linkHelp: 'If the button does not work, copy this address into your browser:',
  letters: {
    verify: ({ service, lifeMilliseconds }) => ({
      subject: `Confirm your e-mail address for ${service}`,
      paragraphs: [
        `Please confirm that this address is yours. The link is good once, for ${length(lifeMilliseconds)}.`,
      ],
      button: 'Confirm this address',
      after: ['If you have no account there, there is nothing to do.'],
    }),
    register: ({ service, lifeMilliseconds }) => ({
      subject: `Finish your account at ${service}`,
      paragraphs: [
        `Somebody asked for an account at ${service} with this address. If it was you, follow the link. ` +
          `It is good once, for ${length(lifeMilliseconds)}.`,
      ],
      button: 'Create my account',
      after: [NOT_YOU],
    }),
    already_registered: ({ service }) => ({
      subject: `You have an account at ${service}`,
      paragraphs: [
        `Somebody asked for an account at ${service} with this address, and there is one already.`,
        'If it was you, sign in. If you do not remember the password, ask for a new one on the sign-in page.',
        'If it was not you, there is nothing to do.',
      ],
    }),
    invite: ({ service, lifeMilliseconds }) => ({
      subject: `You are invited to ${service}`,
      paragraphs: [
        `An account at ${service} is waiting for you. Choose a password to begin. ` +
          `The link is good once, for ${length(lifeMilliseconds)}.`,
      ],
      button: 'Create my account',
    }),
    reset: ({ service, lifeMilliseconds }) => ({
      subject: `Choose a new password for ${service}`,
      paragraphs: [
        `Somebody asked for a new password for your account at ${service}. If it was you, follow the link. ` +
          `It is good once, for ${length(lifeMilliseconds)}. API keys of the account end with it.`,
      ],
      button: 'Choose a new password',
      after: [NOT_YOU],
    }),
    change_email: ({ service, lifeMilliseconds }) => ({
      subject: `Confirm your new e-mail address for ${service}`,
      paragraphs: [
        `This is to be the address of an account at ${service}. If it is yours, follow the link. ` +
          `It is good once, for ${length(lifeMilliseconds)}.`,
      ],
      button: 'Use this address',
      after: [NOT_YOU],
    }),
    keep_email: ({ service, newEmail, lifeMilliseconds }) => ({
      subject: `Your e-mail address at ${service} is being changed`,
      paragraphs: [
        `Somebody who is signed in to your account at ${service} asked to change its address to ${newEmail}. ` +
          'It changes as soon as the new address is confirmed. If this was you, there is nothing to do.',
        `If it was not you, stop it within ${length(lifeMilliseconds)}. Your account then keeps this address, is ` +
          'signed out everywhere, and gets a new password. Its API keys end, and what was added to its two-step ' +
          'sign-in since this letter is removed.',
      ],
      button: 'Stop this change',
    }),
    email_changed: ({ service, newEmail }) => ({
      subject: `Your e-mail address at ${service} was changed`,
      paragraphs:
        newEmail === undefined
          ? [
              `Your account at ${service} has another address now. Letters go there from now on.`,
              'If this was not you, tell whoever runs the service.',
            ]
          : [
              `The address of your account at ${service} is now ${newEmail}. Letters go there from now on.`,
              'If this was not you, follow the link of the letter before this one: it still undoes the change.',
            ],
    }),
    password_changed: ({ service, otherWays }) => ({
      subject: `Your password at ${service} was changed`,
      paragraphs: [
        `The password of your account at ${service} was changed, and other devices were signed out.`,
        ...waysLeft(otherWays),
        'If this was not you, ask for a new password on the sign-in page at once.',
      ],
    }),
    password_known: ({ service }) => ({
      subject: `Somebody knows your password at ${service}`,
      paragraphs: [
        `Somebody gave the right password of your account at ${service} and then five wrong answers to the second step. ` +
          'They were not let in.',
        'If this was not you, choose a new password, here and wherever else you use this one.',
      ],
    }),
    factor_added: ({ service }) => ({
      subject: `Your account at ${service} has a new second factor`,
      paragraphs: [
        `An authenticator app or a passkey was added to your account at ${service}, and other devices were signed out. ` +
          'Signing in asks for it from now on.',
        'If this was not you, ask for a new password on the sign-in page at once, and tell whoever runs the service.',
      ],
    }),
    factor_removed: ({ service }) => ({
      subject: `A second factor of your account at ${service} was removed`,
      paragraphs: [
        `An authenticator app or passkeys were removed from your account at ${service}, and other devices were signed out.`,
        'If this was not you, ask for a new password on the sign-in page at once, and tell whoever runs the service.',
      ],
    }),
    identity_added: ({ service }) => ({
      subject: `Another way to sign in to ${service}`,
      paragraphs: [
        `An account elsewhere was connected to your account at ${service}. It can sign in here from now on.`,
        'If this was not you, ask for a new password on the sign-in page at once, then take the connection away under ' +
          '“Connected accounts”.',
      ],
    }),
    identity_removed: ({ service }) => ({
      subject: `A connected account was removed at ${service}`,
      paragraphs: [
        `An account elsewhere can no longer sign in to your account at ${service}, and other devices were signed out.`,
        'If this was not you, ask for a new password on the sign-in page at once.',
      ],
    }),
    account_deleted: ({ service }) => ({
      subject: `Your account at ${service} was deleted`,
      paragraphs: [`Your account at ${service} and what belonged to it were deleted, as you asked.`],
    }),
  },
}
