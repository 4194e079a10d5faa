import type { ConfigProblem } from './config-error.ts'
import { nearestName } from './nearest-name.ts'
import type { Offer, Offers } from './offer.ts'
import { entryOf, SETTING_NAMES } from './settings.ts'

export type Variables = Readonly<Record<string, string | undefined>>

/** What an environment, or a file in its form, says about our settings. Other variables are not looked at. */
export function readVariables(
  variables: Variables,
  originOf: (variable: string) => string,
): { readonly offers: Offers; readonly problems: readonly ConfigProblem[] } {
  const offers = new Map<string, Offer>()
  const problems: ConfigProblem[] = []
  for (const name of SETTING_NAMES) {
    const { environment, secret, kind } = entryOf(name)
    if (environment === undefined) continue
    const text = variables[environment]
    const from = originOf(environment)
    const file = secret ? variables[`${environment}_FILE`] : undefined
    const fileFrom = originOf(`${environment}_FILE`)
    if (text !== undefined && file !== undefined) {
      problems.push({ setting: name, message: `is given twice, also by ${environment}_FILE`, from })
    } else if ((file ?? text)?.trim() === '') {
      const where = file === undefined ? from : fileFrom
      problems.push({
        setting: name,
        message: 'is empty: give it a value or take the variable away',
        from: where,
      })
    } else if (file !== undefined) offers.set(name, { from: fileFrom, file })
    else if (text !== undefined) offers.set(name, { from, value: kind.fromText(text) })
  }
  return { offers, problems }
}

/** A variable that looks like one of ours and is not read. */
export interface StrayVariable {
  readonly variable: string
  readonly message: string
}

/**
 * The variables that were most likely meant to be ours: misspelt, or the `_FILE` of a setting that is no secret. A name
 * near to ours that has its right spelling beside it belongs to somebody else.
 */
export function strayVariables(
  variables: Variables,
  isGiven: (variable: string) => boolean,
): StrayVariable[] {
  const known = new Map<string, string>()
  for (const name of SETTING_NAMES) {
    const { environment, secret } = entryOf(name)
    if (environment === undefined) continue
    known.set(environment, name)
    if (secret) known.set(`${environment}_FILE`, name)
  }
  const strays: StrayVariable[] = []
  for (const variable of Object.keys(variables)) {
    if (known.has(variable)) continue
    const plain = variable.replace(/_FILE$/, '')
    if (plain !== variable && known.has(plain)) {
      strays.push({ variable, message: `is not read: only secrets come from a file, and ${plain} is none` })
      continue
    }
    const nearest = nearestName(variable, known.keys(), 6)
    if (nearest === undefined || isGiven(nearest)) continue
    strays.push({ variable, message: `is not read; did you mean ${nearest}?` })
  }
  return strays
}
