/**
 * What a mailed link is good for. `register` and `invite` make an account; the others are of an account that is there:
 * `keep_email` goes to the former address of a person whose address is being changed, and stops or undoes it.
 */
export type LinkPurpose = 'register' | 'invite' | 'verify' | 'reset' | 'change_email' | 'keep_email'
