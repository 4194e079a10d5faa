import { chooseLanguage, LANGUAGES, type Language } from '../languages.ts'
import type { LetterTexts } from './letter-texts.ts'

/** Loaded when a letter is written in it. */
const LETTERS: Readonly<Record<Language, () => Promise<LetterTexts>>> = {
  en: async () => (await import('./en.ts')).en,
  de: async () => (await import('./de.ts')).de,
  ar: async () => (await import('./ar.ts')).ar,
}

export interface LettersIn {
  readonly language: Language
  readonly direction: 'ltr' | 'rtl'
  readonly texts: LetterTexts
}

/** The letters in the language of the account, else of whoever asked (a tag, or several as in Accept-Language). */
export async function lettersIn(
  ofAccount: string | undefined,
  ofCaller: string | undefined,
): Promise<LettersIn> {
  const language = chooseLanguage({ uiLocales: ofAccount, cookie: undefined, acceptLanguage: ofCaller })
  return { language, direction: LANGUAGES[language].direction, texts: await LETTERS[language]() }
}
