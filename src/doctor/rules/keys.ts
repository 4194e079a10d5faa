import type { Rule } from '../rule.ts'
import { confusion, der, mismatch, none, notForVerifying } from './keys/algorithms.ts'
import { kids, unknownInEvents } from './keys/key-ids.ts'
import { unreachable } from './keys/key-set.ts'
import { rotatedHard } from './keys/rotation.ts'
import { fallback, pem, published, secretVariant } from './keys/secrets.ts'
import { inEvents, wrongKey } from './keys/signature.ts'

/** What is wrong with the signature itself, or with the key that should check it. */
export const keyRules: readonly Rule[] = [
  none,
  confusion,
  published,
  fallback,
  pem,
  secretVariant,
  notForVerifying,
  der,
  unreachable,
  rotatedHard,
  mismatch,
  unknownInEvents,
  kids,
  wrongKey,
  inEvents,
]
