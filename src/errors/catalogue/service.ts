import { defineGroup } from './group.ts'

export const service = defineGroup('service', {
  STORE_UNAVAILABLE: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'STORE_UNAVAILABLE',
    hint: 'STORE_UNAVAILABLE',
    own: true,
  },
  STORE_BEHIND: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'STORE_BEHIND',
    hint: 'STORE_BEHIND',
    own: true,
  },
  HASH_QUEUE_FULL: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'HASH_QUEUE_FULL',
    hint: 'HASH_QUEUE_FULL',
    own: true,
  },
  SIGNING_LATE: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'SIGNING_LATE',
    hint: 'SIGNING_LATE',
    own: true,
  },
  SHUTTING_DOWN: {
    effect: 'refused',
    clientCode: 'try_again',
    meaning: 'SHUTTING_DOWN',
    hint: 'SHUTTING_DOWN',
    own: true,
  },
  INTERNAL: {
    effect: 'refused',
    clientCode: 'server_error',
    meaning: 'INTERNAL',
    hint: 'INTERNAL',
    own: true,
  },
})
