import { EVERY_ROLE } from '../model/second-factor.ts'
import type { Ground } from './ground.ts'

/** A name that is misspelt protects nobody. It is told and not refused, for a role of the database may be made later. */
export async function tellUnknownFactorRoles({
  settings,
  permissions,
  logger,
}: Pick<Ground, 'settings' | 'permissions' | 'logger'>): Promise<void> {
  const named = settings.requireSecondFactor.filter((name) => name !== EVERY_ROLE)
  const roles = await permissions.unknownRoles(named)
  if (roles.length === 0) return
  logger.warn({ roles }, 'requireSecondFactor names roles that there are not: so far they protect nobody')
}
