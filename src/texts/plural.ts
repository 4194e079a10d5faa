/** The forms a language has for counting things; `other` is there in each (CLDR plural rules). */
export type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string }

/** Writes a count in the form that the language has for it; `#` stands for the number. */
export function pluralIn(language: string): (count: number, forms: Forms) => string {
  let known: { readonly rules: Intl.PluralRules; readonly numbers: Intl.NumberFormat } | undefined
  return (count, forms) => {
    // A process that never writes a letter in this language need not learn how it counts.
    known ??= { rules: new Intl.PluralRules(language), numbers: new Intl.NumberFormat(language) }
    const { rules, numbers } = known
    return (forms[rules.select(count)] ?? forms.other).replace('#', numbers.format(count))
  }
}
