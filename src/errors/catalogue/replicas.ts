import { defineGroup } from './group.ts'

export const replicas = defineGroup('replicas', {
  KEY_PER_REPLICA: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Each process makes or has its own secret',
    hint: 'Each process makes or has its own secret',
  },
  SECRET_FALLBACK: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: '`|| "abc"` default used',
    hint: '`|| "abc"` default used',
  },
  ROLLOUT_MIXED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Old and new pods with different keys',
    hint: 'Old and new pods with different keys',
  },
  CONFIG_NOT_RELOADED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Secret changed, pods not restarted',
    hint: 'Secret changed, pods not restarted',
  },
  SESSION_SECRET_CHANGED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Cookie encryption secret changed',
    hint: 'Cookie encryption secret changed',
  },
})
