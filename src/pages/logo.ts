import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { Logo } from './brand.ts'

/** The picture of a brand; the configuration has looked at ending and size. */
export function readLogo(path: string | undefined): Logo | undefined {
  if (path === undefined) return undefined
  const ending = extname(path).slice(1).toLowerCase()
  return { mediaType: ending === 'svg' ? 'image/svg+xml' : `image/${ending}`, content: readFileSync(path) }
}
