import type { Cause } from '../errors/codes.ts'

export type Certainty = 'certain' | 'probable'

/** One cause, with what shows it. */
export interface Finding {
  readonly code: Cause
  readonly certainty: Certainty
  /** What was seen that shows it, in sentences. Never a credential. */
  readonly evidence: readonly string[]
  /** For a probable cause: what would make it certain, or show that it is none. */
  readonly settledBy: readonly string[]
  /** What to do, in order; commands where there are any. */
  readonly fix: readonly string[]
  /** Findings that only follow from this one, and are not worth a line of their own. */
  readonly explains: readonly Cause[]
}

interface Shown {
  readonly evidence: readonly string[]
  readonly fix: readonly string[]
  readonly explains?: readonly Cause[]
}

/** A cause that the evidence proves. */
export function certain(code: Cause, { evidence, fix, explains = [] }: Shown): Finding {
  return { code, certainty: 'certain', evidence, fix, explains, settledBy: [] }
}

/** A cause that the evidence points to, with what would settle it. */
export function probable(
  code: Cause,
  { evidence, fix, explains = [], settledBy }: Shown & { readonly settledBy: readonly string[] },
): Finding {
  return { code, certainty: 'probable', evidence, fix, explains, settledBy }
}

/** The one or the other, as the evidence has it. */
export function found(
  code: Cause,
  isProven: boolean,
  shown: Shown & { readonly settledBy: readonly string[] },
): Finding {
  return isProven ? certain(code, shown) : probable(code, shown)
}

/** A cause that was looked for, and cannot be it. */
export interface RuledOut {
  readonly code: Cause
  readonly why: string
}

/** The doctor's whole answer. */
export interface Diagnosis {
  /** `ok`: nothing wrong; `cause`: the first of the causes explains it; `undecided`: the evidence does not decide. */
  readonly verdict: 'ok' | 'cause' | 'undecided'
  readonly causes: readonly Finding[]
  readonly ruledOut: readonly RuledOut[]
  /** What was not looked at, and so may hide more. */
  readonly notChecked: readonly string[]
  /** Where nothing is decided: the evidence that would decide. */
  readonly wanted: readonly string[]
}

/** 0 nothing wrong, 1 a cause found, 2 not decidable with the evidence given. */
export function exitStatusOf({ verdict }: Diagnosis): 0 | 1 | 2 {
  return verdict === 'ok' ? 0 : verdict === 'cause' ? 1 : 2
}
