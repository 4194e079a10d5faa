import { type Rate, uncounted } from '../model/rate.ts'

/** What people do with their own account. Each time leaves an event: nobody fills the log by doing it over and over. */
export const OWN_CHANGES: Rate = { count: 600, periodMilliseconds: 600_000 }

export const OWN_DATA = uncounted('reads rows of one account by its key, for whoever is signed in')
export const FOR_ADMINS = uncounted('takes a scope of admins, who could do worse than ask often')
export const SIGN_OUT = uncounted('nobody is kept from signing out; it writes where a session ends, once')
export const FROM_MEMORY = uncounted('a document that lies in memory, which caches keep')
export const FOR_OPERATORS = uncounted('whoever watches over the process has to be answered; no row is read')
