import { resolve } from 'node:path'
import type { ConfigProblem } from './config-error.ts'
import type { Variables } from './environment.ts'
import { reasonOf, whyUnusable } from './failure.ts'
import type { Offer, Offers } from './offer.ts'
import type { Given } from './resolve.ts'
import { readSecretFile } from './secret-file.ts'
import { entryOf, isSettingName } from './settings.ts'
import { withinTime } from './time-limit.ts'

/** Turns offers into values: reads the files and awaits the functions, all at once, each within the time limit. */
export async function obtain(
  offers: Offers,
  place: { readonly cwd: string; readonly env: Variables; readonly limitSeconds: number },
): Promise<{ readonly given: ReadonlyMap<string, Given>; readonly problems: readonly ConfigProblem[] }> {
  const given = new Map<string, Given>()
  const problems: ConfigProblem[] = []
  await Promise.all(
    [...offers].map(async ([setting, offer]) => {
      const from = originOf(offer)
      try {
        const value = await withinTime(
          (signal) => valueFrom(setting, offer, { ...place, signal }),
          place.limitSeconds,
        )
        given.set(setting, { value, from })
      } catch (error) {
        const message = 'file' in offer ? whyUnusable(error) : `cannot be fetched: ${reasonOf(error)}`
        problems.push({ setting, message, from })
      }
    }),
  )
  return { given, problems }
}

function originOf(offer: Offer): string {
  if ('file' in offer) return `file ${offer.file}, ${offer.from}`
  return 'fetch' in offer ? `function in ${offer.from}` : offer.from
}

async function valueFrom(
  setting: string,
  offer: Offer,
  { cwd, env, signal }: { readonly cwd: string; readonly env: Variables; readonly signal: AbortSignal },
): Promise<unknown> {
  if ('fetch' in offer) return offer.fetch({ env, signal })
  if (!('file' in offer)) return offer.value
  const text = readSecretFile(resolve(cwd, offer.file))
  return isSettingName(setting) ? entryOf(setting).kind.fromText(text) : text
}
