import { AuthError } from '../../errors/auth-error.ts'

/** Primary result codes of SQLite that an operator can act on (sqlite.org/rescode.html). */
const REASONS: Readonly<Record<number, string>> = {
  5: 'another process holds the database; waited and gave up',
  6: 'another connection holds the table',
  8: 'the file or its folder is read-only',
  10: 'reading or writing the file failed; look at the disk',
  11: 'the file is damaged; restore a backup',
  13: 'the disk is full',
  14: 'the file cannot be opened; look at its path and permissions',
  26: 'the file is not an SQLite database',
}

const BUSY = 5

/** A failure of the database as the one error the contract names; anything else is a fault and stays what it is. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof AuthError || !(error instanceof Error)) return error
  const code = 'code' in error ? error.code : undefined
  if (code === 'ERR_SQLITE_ERROR') return unavailable(REASONS[resultCode(error)] ?? error.message, error)
  if (code === 'ERR_INVALID_STATE') return unavailable('the database is closed', error)
  if ('syscall' in error) return unavailable(error.message, error)
  return error
}

/** Another connection holds the lock: the one failure that passes by waiting. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && resultCode(error) === BUSY
}

export function unavailable(reason: string, cause?: unknown): AuthError {
  return new AuthError('STORE_UNAVAILABLE', { details: { reason }, cause })
}

/** The primary code stands in the low byte of the extended one. */
function resultCode(error: Error): number {
  return 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0
}
