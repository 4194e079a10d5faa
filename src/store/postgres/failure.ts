import { AuthError } from '../../errors/auth-error.ts'

const UNIQUE_VIOLATION = '23505'
const READ_ONLY = '25006'
const LOCK_NOT_AVAILABLE = '55P03'
/** Serialization failure and deadlock: the transaction is known to be undone. */
const UNDONE: readonly unknown[] = ['40001', '40P01']
/** SQLSTATE classes whose messages speak of the server, never of the values in a row. */
const SPEAKS_OF_SERVER = /^(08|25|28|3D|40|42|53|55|57|58)/

/**
 * A failure of the database as the one error the contract names. The driver's own error is not handed on: its detail
 * quotes rows, and with them hashes and mail addresses, into whatever log prints the cause.
 */
export function toStoreError(error: unknown): AuthError {
  if (error instanceof AuthError) return error
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : ''
  if (code === undefined || code.length !== 5) return unavailable(message || code || 'no answer')
  const reason = SPEAKS_OF_SERVER.test(code) ? message : 'the statement was refused'
  return unavailable(reason, code)
}

export function unavailable(reason: string, sqlstate?: string): AuthError {
  return new AuthError('STORE_UNAVAILABLE', {
    details: sqlstate === undefined ? { reason } : { reason, sqlstate },
  })
}

/** Two transactions met and this one was undone: to repeat it is safe. */
export function isUndone(error: unknown): boolean {
  return UNDONE.includes(codeOf(error))
}

/** A unique value was taken by somebody between looking and writing. */
export function isTaken(error: unknown): boolean {
  return error instanceof AuthError && error.refusal.details.sqlstate === UNIQUE_VIOLATION
}

/** A lock was not given in the time that there was for it. */
export function isLocked(error: unknown): boolean {
  return error instanceof AuthError && error.refusal.details.sqlstate === LOCK_NOT_AVAILABLE
}

/** The server answered and the connection is as good as before. */
export function leavesConnection(error: unknown): boolean {
  // A server that turned read-only was demoted: the next connection may find the new primary.
  return severityOf(error) === 'ERROR' && codeOf(error) !== READ_ONLY
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function severityOf(error: unknown): unknown {
  return error instanceof Error && 'severity' in error ? error.severity : undefined
}
