import type { Ground } from './ground.ts'
import type { Mail } from './mail.ts'

/**
 * Says at the start that people wait for letters which nobody sends. Told and not refused: who is here already signs in,
 * and newcomers may come by an import or by a provider that vouches for their address.
 */
export function tellLettersNowhere(
  { settings, logger }: Pick<Ground, 'settings' | 'logger'>,
  { reaches }: Pick<Mail, 'reaches'>,
): void {
  if (reaches) return
  const waiting = [
    ...(settings.registration === 'verified' ? ['registration'] : []),
    ...(settings.verifiedEmailRequired ? ['verifiedEmailRequired'] : []),
  ]
  if (waiting.length === 0) return
  const message = 'these settings need letters, and there is no SMTP_URL and no `mail.send`'
  logger.warn({ settings: waiting }, message)
}
