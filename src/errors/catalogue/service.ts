import { defineGroup } from './group.ts'

export const service = defineGroup('service', {
  STORE_UNAVAILABLE: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'The database did not answer, or not in time.',
    hint:
      'Look at the database: reachable, writable, disk not full, connections left. Nothing was ' +
      'written, or the outcome is unknown and safe to repeat.',
    own: true,
  },
  STORE_BEHIND: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'The database is older than what this node has already seen.',
    hint:
      'A fail-over or a restore lost commits, or a replica is being read. The node writes back what it ' +
      'remembers; look for the event `store.rolled_back`. After a backup was put back run `countersign migrate ' +
      '--restored`; until then no node starts that remembers a newer database.',
    own: true,
  },
  STORE_SCHEMA_OLD: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'The tables of the database are of an older release than this program.',
    hint: 'Run `countersign migrate`; `--dry-run` shows the steps first. Take a backup before.',
    own: true,
  },
  STORE_SCHEMA_NEW: {
    effect: 'refused',
    clientCode: 'none',
    meaning: 'The tables of the database are of a newer release than this program.',
    hint:
      'A deploy was rolled back, or two releases share a database. Migrations only go forward: start the ' +
      'newer release, or restore the backup taken before its migration.',
    own: true,
  },
  HASH_QUEUE_FULL: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'More passwords wait to be checked than the queue holds.',
    hint:
      'A flood of sign-ins, or too few cores for honest ones. Checked requests are not affected. Look ' +
      'at the rate limits before you raise the limit of the queue.',
    own: true,
  },
  SIGNING_LATE: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'The token would have been signed too long after the decision to issue it.',
    hint:
      'The process stood still: suspended, short of processor time, or in a long pause. Nothing was ' +
      'given out.',
    own: true,
  },
  SHUTTING_DOWN: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'This node is stopping and takes no new requests.',
    hint: 'Expected during a deploy. If clients see it, let the load balancer follow `/readyz`.',
    own: true,
  },
  SIGNING_KEY_MISSING: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'This node has no active signing key.',
    hint: 'The key ring was not loaded, or every key was revoked. Run `countersign keys list`.',
    own: true,
  },
  KEY_RING_STALE: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'This node has not heard of the key ring for so long that it may not sign, nor show its keys.',
    hint:
      'The database has not answered for longer than MAX_STALENESS_SECONDS, or the process was stopped. It goes on by ' +
      'itself as soon as the database answers.',
    own: true,
  },
  KEY_STEP_EARLY: {
    effect: 'refused',
    clientCode: 'conflict',
    meaning: 'A signing key is to be moved on before every verifier can follow.',
    hint:
      'The answer says from when the step is allowed; it then comes by itself. If somebody else may have the key, ' +
      '`countersign keys rotate --now` withdraws it at once and says what that refuses.',
    sentence: 'It is too early for this step. The field says from when it is allowed.',
    own: true,
  },
  SIGNING_KEY_UNREADABLE: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'A signing key cannot be decrypted with the SECRET_KEY at hand.',
    hint:
      'SECRET_KEY was replaced instead of extended. Put the former key behind the new one ' +
      '(`SECRET_KEY=new,former`) and start again.',
    own: true,
  },
  SECRET_KEY_IN_USE: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'A key was taken out of SECRET_KEY while sessions or signing keys are still made with it.',
    hint:
      'Put the missing key back behind the new one (`SECRET_KEY=new,former`) until nothing names it any more; the ' +
      'start says how many things do.',
    own: true,
  },
  CLAIM_RESERVED: {
    effect: 'refused',
    clientCode: 'server_error',
    meaning: 'The `claims` function of the application returned a claim whose name is reserved.',
    hint: 'Give the claim a name of its own; the log names those that clash.',
    own: true,
  },
  ACCOUNT_NOT_TAKEN_OVER: {
    effect: 'refused',
    clientCode: 'server_error',
    meaning: 'A user of the application’s own table could not be taken over.',
    hint: 'The row that `users.find` returned has a mail address or a user name that is not valid here.',
    own: true,
  },
  INTERNAL: {
    effect: 'refused',
    clientCode: 'server_error',
    meaning: 'A fault in the service or in code it was given.',
    hint: 'The error stands in the log under this reference. Please report it if it comes from Countersign.',
    own: true,
  },
})
