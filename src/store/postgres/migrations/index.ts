import { firstTables } from './0001-first-tables.ts'
import { clientRegistration } from './0002-client-registration.ts'
import { livesOfKeys } from './0003-lives-of-keys.ts'
import { apiKeys } from './0004-api-keys.ts'
import { links } from './0005-links.ts'
import { codesAndConsents } from './0006-codes-and-consents.ts'
import { secondFactors } from './0007-second-factors.ts'
import { refusals } from './0008-refusals.ts'
import { webhooks } from './0009-webhooks.ts'
import { deviceCodes } from './0010-device-codes.ts'
import { permissions } from './0011-permissions.ts'
import { identities } from './0012-identities.ts'
import { idTokenAlgorithms } from './0013-id-token-algorithms.ts'
import type { Migration } from './migration.ts'

/** All steps, oldest first. */
export const MIGRATIONS: readonly Migration[] = [
  firstTables,
  clientRegistration,
  livesOfKeys,
  apiKeys,
  links,
  codesAndConsents,
  secondFactors,
  refusals,
  webhooks,
  deviceCodes,
  permissions,
  identities,
  idTokenAlgorithms,
]
