import type { Texts } from './en.ts'

/** The languages of the pages. */
export type Language = 'en' | 'de' | 'ar'

export interface LanguageFacts {
  /** What its speakers call it. */
  readonly name: string
  readonly direction: 'ltr' | 'rtl'
  /** Loaded when somebody reads it. */
  readonly load: () => Promise<Texts>
}

export const LANGUAGES: Readonly<Record<Language, LanguageFacts>> = {
  en: { name: 'English', direction: 'ltr', load: async () => (await import('./en.ts')).en },
  de: { name: 'Deutsch', direction: 'ltr', load: async () => (await import('./de.ts')).de },
  ar: { name: 'العربية', direction: 'rtl', load: async () => (await import('./ar.ts')).ar },
}

export interface LanguageWishes {
  /** Tags separated by spaces, best first (OpenID Connect Core 3.1.2.1). */
  readonly uiLocales: string | undefined
  readonly cookie: string | undefined
  /** RFC 9110 section 12.5.4. */
  readonly acceptLanguage: string | undefined
}

const MOST_CHARACTERS = 300

/** The language that somebody gets: asked for here and now, chosen before, set in the browser; else English. */
export function chooseLanguage({ uiLocales, cookie, acceptLanguage }: LanguageWishes): Language {
  const wishes = [
    ...(uiLocales ?? '').slice(0, MOST_CHARACTERS).split(/\s+/),
    cookie ?? '',
    ...readAcceptLanguage((acceptLanguage ?? '').slice(0, MOST_CHARACTERS)),
  ]
  return wishes.map(languageOf).find((language) => language !== undefined) ?? 'en'
}

/** A language of ours for a tag such as `de-AT`; only its first part counts (RFC 4647 section 3.4). */
export function languageOf(tag: string): Language | undefined {
  const first = tag.split('-', 1)[0]?.toLowerCase() ?? ''
  return Object.hasOwn(LANGUAGES, first) ? (first as Language) : undefined
}

function readAcceptLanguage(header: string): string[] {
  return header
    .split(',')
    .map((entry) => {
      const [tag = '', ...parameters] = entry.split(';').map((part) => part.trim())
      const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
      return { tag, quality: quality === undefined ? 1 : Number(quality) || 0 }
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag)
}
