/**
 * A text of a stranger's as a terminal may be shown it: nothing in it moves the cursor, starts a line or turns the
 * direction of what follows.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}
