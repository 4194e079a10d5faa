const FORM = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/

/**
 * The trace that a request belongs to, out of its `traceparent`: 32 hex digits, or undefined where the field is not of
 * the form (W3C Trace Context section 3.2). It is the caller's word: good to find lines by, and nothing is decided by it.
 */
export function traceIdOf(traceparent: string | null | undefined): string | undefined {
  const [, version, id, more] = FORM.exec(traceparent ?? '') ?? []
  // Only a later version may say more.
  return version === '00' && more !== undefined ? undefined : id
}
