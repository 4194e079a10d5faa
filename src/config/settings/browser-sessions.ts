import { setting } from '../setting.ts'
import { wholeNumber } from '../values.ts'

const LONGEST_IDLE_MINUTES = 7 * 24 * 60
const LONGEST_HOURS = 30 * 24

/** How long a browser stays signed in by its cookie (NIST SP 800-63B-4 section 2.2.3). */
export const browserSessions = {
  sessionIdleMinutes: setting({
    kind: wholeNumber(1, LONGEST_IDLE_MINUTES),
    environment: 'SESSION_IDLE_MINUTES',
    default: 30,
    description: 'How long a browser session lives without being used.',
  }),
  sessionHours: setting({
    kind: wholeNumber(1, LONGEST_HOURS),
    environment: 'SESSION_HOURS',
    default: 12,
    description: 'How long a browser session lives at most, however often it is used.',
  }),
  adminSessionIdleMinutes: setting({
    kind: wholeNumber(1, LONGEST_IDLE_MINUTES),
    environment: 'ADMIN_SESSION_IDLE_MINUTES',
    default: 15,
    description: '`SESSION_IDLE_MINUTES` for whoever has a role that holds a scope of the administration.',
  }),
  adminSessionHours: setting({
    kind: wholeNumber(1, LONGEST_HOURS),
    environment: 'ADMIN_SESSION_HOURS',
    default: 8,
    description: '`SESSION_HOURS` for whoever has a role that holds a scope of the administration.',
  }),
}
