import { splitRuns } from './password-patterns.ts'

let loaded: Promise<ReadonlySet<string>> | undefined

/** Only who sets a password needs the list, so that starting and checking tokens do not pay for it. */
function loadList(): Promise<ReadonlySet<string>> {
  loaded ??= import('./common-passwords.ts').then(
    ({ commonPasswords }) => new Set(commonPasswords.trim().split(/\s+/)),
  )
  return loaded
}

/** What people put before and after a word to please a rule: `2024!`. */
const MOST_DECORATION = 6
const FRONT = /^\P{L}{0,6}/u
const END = /\P{L}{0,6}$/u
const LEAST_WORD = 4

/**
 * Whether this is one of the 10,000 commonest passwords, or one of them with what people usually do to it: digits and
 * signs before or after, a run such as `12345678` at an end, figures for letters (`p4ssw0rd`). Expects lower case.
 */
export async function isCommonPassword(password: string): Promise<boolean> {
  const list = await loadList()
  for (const stem of stems(password)) {
    if (list.has(stem) || list.has(spellOut(stem))) return true
  }
  return false
}

function stems(password: string): ReadonlySet<string> {
  const found = new Set<string>()
  const pieces = splitRuns(password)
  const firstRun = pieces[0]?.isRun ? pieces[0].text.length : 0
  const lastRun = pieces.at(-1)?.isRun ? (pieces.at(-1)?.text.length ?? 0) : 0
  for (const from of [0, firstRun]) {
    for (const to of [password.length, password.length - lastRun]) {
      const core = password.slice(from, to)
      for (const stem of [core, ...withoutDecoration(core)]) found.add(stem)
    }
  }
  return found
}

/** Without up to six digits and signs, wherever they are divided between front and end; letters must be left. */
function withoutDecoration(text: string): readonly string[] {
  const found: string[] = []
  const front = FRONT.exec(text)?.[0].length ?? 0
  const end = END.exec(text)?.[0].length ?? 0
  for (let before = 0; before <= front; before++) {
    for (let after = 0; before + after <= MOST_DECORATION && after <= end; after++) {
      const stem = text.slice(before, text.length - after)
      if (stem.length >= LEAST_WORD && /\p{L}/u.test(stem)) found.push(stem)
    }
  }
  return found
}

const LETTERS: Readonly<Record<string, string>> = {
  ...{ '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't' },
  ...{ '@': 'a', $: 's', '!': 'i' },
}

function spellOut(text: string): string {
  return text.replace(/[013457@$!]/g, (sign) => LETTERS[sign] ?? sign)
}
