/**
 * What a mailed link is good for. `register` and `invite` make an account; the others are of an account that is there:
 * `keep_email` goes to the former address of a person whose address is being changed, and stops or undoes it.
 */
export type LinkPurpose = 'register' | 'invite' | 'verify' | 'reset' | 'change_email' | 'keep_email'

/**
 * To stop a change of address also takes away the second factors that were added this long before it was asked for: who
 * has broken in sets up a way back in first. Milliseconds.
 */
export const STOPPED_CHANGE_REACH_MILLISECONDS = 86_400_000
