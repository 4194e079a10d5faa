import { chooseLanguage, LANGUAGES, type Language } from '../languages.ts'
import { ar } from './ar.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import type { LetterTexts } from './letter-texts.ts'

const LETTERS: Readonly<Record<Language, LetterTexts>> = { en, de, ar }

export interface LettersIn {
  readonly language: Language
  readonly direction: 'ltr' | 'rtl'
  readonly texts: LetterTexts
}

/** The letters in the language of the account, else of whoever asked (a tag, or several as in Accept-Language). */
export function lettersIn(ofAccount: string | undefined, ofCaller: string | undefined): LettersIn {
  const language = chooseLanguage({ uiLocales: ofAccount, cookie: undefined, acceptLanguage: ofCaller })
  return { language, direction: LANGUAGES[language].direction, texts: LETTERS[language] }
}
