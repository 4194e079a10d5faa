import type { Rule } from '../rule.ts'
import { loop, notIssued, tooShort, unused } from './refresh/client.ts'
import { ended, testing } from './refresh/end.ts'
import { forked, losersCookies, reuse, tooDeep } from './refresh/reuse.ts'

/** What is wrong with refreshing: tokens used twice, sessions that are over, clients that refresh badly or not at all. */
export const refreshRules: readonly Rule[] = [
  forked,
  tooDeep,
  losersCookies,
  reuse,
  testing,
  ended,
  unused,
  loop,
  notIssued,
  tooShort,
]
