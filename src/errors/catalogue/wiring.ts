import { defineGroup } from './group.ts'

export const wiring = defineGroup('wiring', {
  SECRET_UNDEFINED: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'The secret was read before the configuration was loaded.',
    hint:
      'Load the configuration first and hand the value over; a module that reads the environment while ' +
      'it is imported comes too early.',
    prevented:
      'The configuration is read and checked as a whole before anything is built, and a missing secret ' +
      'stops the start.',
  },
  STRATEGY_NOT_REGISTERED: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'A guard names a strategy that nobody registered.',
    hint: 'Import the module that provides the strategy where the guard is used.',
    prevented: 'Access words and the guard that reads them come from the same `createAuth`.',
  },
  MIDDLEWARE_ORDER: {
    effect: 'both',
    clientCode: 'none',
    meaning: 'Authentication runs after authorization, or after the routes it should protect.',
    hint:
      'Register the guard before the routes. `countersign routes --probe` shows what the running ' +
      'application does.',
    prevented: 'Proving who calls and deciding what they may do is one step of one guard.',
  },
  CLAIM_PATH_MISMATCH: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'The code reads a claim under another name than the token has.',
    hint:
      'Print the principal once, and read what it really has. An id out of a database object (`_id`, ' +
      '`_doc`) is a frequent case.',
    prevented: 'Handlers get a typed `principal`; a name it does not have does not compile.',
  },
  OPTION_MISSPELT: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'A misspelt or unknown option switches a check off.',
    hint: 'Compare the names of the options with the documentation of the version in use.',
    prevented: 'Unknown options stop the start, all of them listed at once.',
  },
  REASON_SWALLOWED: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'Every cause ends in one catch, so nobody knows why a credential was refused.',
    hint: 'Log the error with its cause before it is answered.',
    prevented:
      'Each refusal has one cause, which log, metric and event carry under the reference that the ' +
      'client is given.',
  },
  PASSWORD_HASH_LIBRARY: {
    effect: 'refused',
    clientCode: 'invalid_grant',
    meaning: 'The library for password hashes fails, or meets a limit of its own.',
    hint:
      'A binary for another platform, a hash that was cut by a column, or a password over 72 bytes ' +
      'with bcrypt. The error in the log under this reference names it.',
  },
  UPGRADE_STRICTER: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'A dependency began to check more after an upgrade.',
    hint:
      'Read its change log for claims, algorithms and key lengths, and correct the issuer instead of ' +
      'the check.',
  },
  BAD_COOKIE_500: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'A damaged signed cookie makes the application fail.',
    hint: 'Take a cookie that cannot be read for one that was not sent.',
    prevented: 'Whatever stands in a cookie, the guard answers with a refusal and never with a failure.',
  },
  DEVELOPMENT_EXPOSED: {
    effect: 'refused',
    clientCode: 'invalid_request',
    status: 421,
    meaning: 'A server in development mode was asked from outside its machine.',
    hint:
      'Set ISSUER (in code: `issuer`) to the https address that clients use, and SECRET_KEY to what `countersign ' +
      'secret` prints: that is production. A start is development as long as the issuer is loopback, which it is ' +
      'where nobody set it.',
    sentence: 'This server is in development and answers on its own machine only. Its log says what to set.',
    own: true,
  },
})
