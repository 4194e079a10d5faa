import { timingSafeEqual } from 'node:crypto'

/** Compares two secrets without telling by its time where they differ. Their lengths are not hidden. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}

/** The same for secrets that are kept as text. */
export function equalTexts(a: string, b: string): boolean {
  return equalInConstantTime(Buffer.from(a), Buffer.from(b))
}
