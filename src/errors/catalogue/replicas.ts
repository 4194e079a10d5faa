import { defineGroup } from './group.ts'

export const replicas = defineGroup('replicas', {
  KEY_PER_REPLICA: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Each process made a secret of its own, so every second request fails.',
    hint: 'Give all processes the same SECRET_KEY and the same database.',
    prevented:
      'In production the start stops without SECRET_KEY, and the signing keys come from the shared database.',
  },
  SECRET_FALLBACK: {
    effect: 'accepted',
    clientCode: 'none',
    meaning: 'The code falls back to a built-in secret when none is set.',
    hint: 'Anybody who can read the code can sign. Stop when the secret is missing.',
    prevented: 'There is no built-in secret; in production the start stops without one.',
  },
  ROLLOUT_MIXED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'Old and new nodes run side by side with different keys.',
    hint: 'Add the new key behind the old one, deploy, then move it to the front and deploy again.',
    prevented:
      'A new entry of SECRET_KEY is used only when every live node has announced that it reads it, and ' +
      'a signing key only when every live node publishes it.',
  },
  CONFIG_NOT_RELOADED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The secret was changed, and running processes still hold the old one.',
    hint: 'Restart them. A mounted secret changes the file, not the process.',
  },
  SESSION_SECRET_CHANGED: {
    effect: 'refused',
    clientCode: 'token_invalid',
    meaning: 'The secret that encrypts session cookies was changed.',
    hint: 'Keep the old secret readable beside the new one until the last session has ended.',
    prevented: 'A session cookie holds a random id and is looked up by its hash; no secret encrypts it.',
  },
})
