import type { Facts } from './facts.ts'
import type { Finding } from './finding.ts'

/** One question to the evidence. Pure; says nothing where the evidence has nothing to say about it. */
export type Rule = (facts: Facts) => Finding | readonly Finding[] | undefined
