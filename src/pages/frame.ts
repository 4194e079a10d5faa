import type { Texts } from '../texts/en.ts'
import type { Language } from '../texts/languages.ts'
import type { Brand } from './brand.ts'

/** What every page is drawn with: whose it is, in what language, and where things are. */
export interface Frame {
  readonly brand: Brand
  readonly language: Language
  readonly direction: 'ltr' | 'rtl'
  readonly texts: Texts
  /** The path the issuer is mounted under; empty at the root. */
  readonly base: string
  /** Addresses of the files beside the pages. */
  readonly files: PageFiles
  /** Path and query of this page, for links that come back to it. */
  readonly here: string
  /** Milliseconds since 1970, for times that are told from now. */
  readonly now: number
}

export interface PageFiles {
  readonly style: string
  readonly script: string
  readonly icon: string
  readonly logo: string | undefined
}
