import { pluralIn } from '../plural.ts'

const plural = pluralIn('en')

/** What is said to people on their way in and out, and where they let somebody else in. */
export const signIn = {
  login: {
    title: 'Sign in',
    button: 'Sign in',
    forgot: 'Forgot your password?',
    newHere: 'No account yet?',
    register: 'Create an account',
    signedOut: 'You are signed out.',
    please: 'Sign in to go on.',
    ended: 'Your session has ended. Sign in to go on.',
    again: 'This needs a fresh sign-in. Enter your password again.',
    deleted: 'Your account is deleted.',
    with: (provider: string) => `Continue with ${provider}`,
  },
  register: {
    title: 'Create an account',
    button: 'Create account',
    haveOne: 'You have an account already?',
    signIn: 'Sign in',
    closedTitle: 'Registration is closed',
    closed: 'New accounts are made by whoever runs this service. Ask them for one.',
    done: 'Your account is ready.',
    inviteTitle: 'By invitation',
    invite: 'New accounts need an invitation. Open the link in the one that you got.',
    invited: (email: string) => `You are invited with the address ${email}.`,
    sentTitle: 'Look into your mail',
    sent: (email: string) => `We have sent a letter to ${email}. Open the link in it within an hour.`,
  },
  verify: {
    askTitle: 'Confirm your address',
    askLead: 'We send a link to the address of your account.',
    askButton: 'Send link',
    asked: 'If there is an account with an address to confirm, we have sent a link. It is good for an hour.',
    register: {
      title: 'Create your account?',
      lead: (email: string) => `With the address ${email}.`,
      proof: 'Enter the password that you chose. If it was not you who asked for this account, do nothing.',
      button: 'Create account',
      done: 'Your account is ready. Sign in to it.',
    },
    verify: {
      title: 'Confirm your address?',
      lead: (email: string) => `${email} belongs to you and to this account.`,
      button: 'Confirm address',
      done: 'Your address is confirmed.',
    },
    change: {
      title: 'Change your address?',
      lead: (email: string) => `From now on your account has the address ${email}.`,
      button: 'Change address',
      done: 'Your address is changed.',
    },
    keep: {
      title: 'Keep your address?',
      lead: (email: string) =>
        `Your account keeps the address ${email}, everybody is signed out of it, and its password is void. We send you a link for a new one.`,
      button: 'Keep my address',
      done: 'Your address stays. Everybody is signed out, and we have sent you a link for a new password.',
    },
  },
  reset: {
    askTitle: 'Forgot your password?',
    askLead: 'Tell us who you are, and we send you a link to choose a new one.',
    askButton: 'Send link',
    asked: 'If there is an account for this name, we have sent a link. It is good for an hour.',
    title: 'Choose a new password',
    lead: (email: string) => `For the account of ${email}. All devices are signed out.`,
    button: 'Save password',
    done: 'Your password is changed. Sign in with it.',
    letters: 'Letters of this development server',
  },
  step: {
    title: 'Enter your code',
    lead: 'Your authenticator app shows it.',
    code: 'Six digits',
    button: 'Go on',
    recoveryTitle: 'Use a recovery code',
    recoveryLead: 'Each is good once.',
    recovery: 'Recovery code',
    useRecovery: 'No phone at hand? Use a recovery code',
    useApp: 'Use the authenticator app',
    passkeyTitle: 'Use your passkey',
    passkeyLead: 'Your device asks for it.',
    passkey: 'Use a passkey',
    passkeyFailed: 'No passkey was used. Try again, or choose another way.',
    needsScript: 'Passkeys need JavaScript.',
    or: 'or',
    again: 'Is it you?',
    againLead: 'What comes next needs a fresh proof.',
    startAgain: 'Start again',
  },
  signOut: {
    title: 'Sign out?',
    text: (name: string) => `You are signed in as ${name} on this device.`,
    button: 'Sign out',
    stay: 'Stay signed in',
  },
  consent: {
    title: (client: string) => `Allow ${client}?`,
    lead: (client: string, name: string) => `${client} asks for access to your account ${name}.`,
    may: 'It could then',
    nothing: 'It asks for nothing beyond that.',
    forDays: (count: number) =>
      plural(count, {
        one: 'This lasts for # day, or until you take it back in your account.',
        other: 'This lasts for # days, or until you take it back in your account.',
      }),
    forMinutes: (count: number) =>
      plural(count, {
        one: 'This lasts for # minute each time, or until you take it back in your account.',
        other: 'This lasts for # minutes each time, or until you take it back in your account.',
      }),
    leads: 'Either answer leads back to',
    allow: 'Allow access',
    deny: 'Do not allow',
    another: (name: string) => `Not ${name}? Sign in as somebody else`,
    scopes: {
      openid: 'Know that it is you, each time you sign in',
      profile: 'See your name and the rest of your profile',
      email: 'See your e-mail address',
      offline_access: 'Go on while you are not there',
    },
  },
  device: {
    title: 'Sign in on another device',
    lead: 'The device shows a code. Enter it here to let the device in.',
    codeHint: 'Eight letters, such as WDJB-MJHT.',
    next: 'Next',
    unknown:
      'No device waits with this code. Compare the letters; after ten minutes the device shows a new code.',
    ask: (client: string) => `Let ${client} in on another device?`,
    askLead: (client: string, name: string) => `${client} would get access to your account ${name} there.`,
    warning:
      'Go on only if you started this yourself, a moment ago, on a device that you can see. If somebody sent you this code or this link, they would get into your account.',
    elsewhere: 'The device is in another network than you are.',
    shows: 'The device has to show this code',
    device: 'Device',
    place: 'Address',
    asked: 'Asked',
    allow: 'Let the device in',
    allowed: 'The device is let in',
    allowedLead: 'It goes on by itself in a moment. You can close this page.',
    denied: 'The device is not let in',
    deniedLead:
      'If you did not start this yourself, somebody tried to get into your account. Nothing was given away.',
  },
}

export type SignInTexts = typeof signIn
