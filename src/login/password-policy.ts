import { isCommonPassword } from './password-block-list.ts'
import { repeatedUnit, splitRuns } from './password-patterns.ts'
import { MAXIMUM_PASSWORD_BYTES, normalisePassword } from './password-text.ts'

/** The least length by profile: `nist` is what SP 800-63B-4 (3.1.1) asks for where the password is the only factor. */
export const MINIMUM_LENGTHS = { standard: 8, nist: 15 } as const

export interface PasswordPolicy {
  /** In characters; 8 at least. */
  readonly minimumLength: number
  /** What the user is called: name, mail address. */
  readonly userNames: readonly string[]
  readonly serviceName: string
}

/** Why a new password is refused: a sentence that says what to do, and a name for other languages to go by. */
export interface PasswordProblem {
  readonly reason: `password_${string}`
  readonly message: string
  /** The number that the message names. */
  readonly limit?: number
}

/** Names shorter than this stand in too many words by chance. */
const LEAST_NAME = 4
/** If no more than this is left of a password outside of runs, it does not count for much. */
const FEW_CHARACTERS = 3

/**
 * What is wrong with a new password, nothing if it is fine (rules E1 to E3). Only what makes it
 * guessable or impossible to hash counts: any character, spaces at the ends included, no mix of kinds is asked for.
 * Not for signing in: there an old password may be shorter than today's rule. It does not ask a breach list.
 */
export async function checkNewPassword(
  password: string,
  { minimumLength, userNames, serviceName }: PasswordPolicy,
): Promise<readonly PasswordProblem[]> {
  if (!(minimumLength >= MINIMUM_LENGTHS.standard)) throw new RangeError('minimumLength: at least 8')
  const normal = normalisePassword(password)
  if (Math.max(Buffer.byteLength(password), Buffer.byteLength(normal)) > MAXIMUM_PASSWORD_BYTES) {
    const message = `Use at most ${MAXIMUM_PASSWORD_BYTES} bytes: that is 256 characters in any script.`
    return [{ reason: 'password_too_long', message, limit: MAXIMUM_PASSWORD_BYTES }]
  }
  const folded = fold(password)
  const lower = normal.toLowerCase()
  const unit = repeatedUnit(lower)
  const refusals: readonly (readonly [refused: boolean, reason: string, sentence: string])[] = [
    [[...normal].length < minimumLength, 'too_short', `Use at least ${minimumLength} characters.`],
    [
      /\p{Cc}/u.test(password),
      'control_characters',
      'Leave out control characters, such as tabs and line breaks.',
    ],
    [!password.isWellFormed(), 'unreadable', 'Leave out the character that cannot be read.'],
    [
      userNames.some((name) => isMadeOf(folded, name)),
      'own_name',
      'Leave out your user name and your mail address.',
    ],
    [isMadeOf(folded, serviceName), 'service_name', 'Leave out the name of this service.'],
    [unit !== lower && [...unit].length < minimumLength, 'repeats', 'Do not repeat the same few characters.'],
    [
      isMadeOfRuns(fold(unit)),
      'rows',
      'Avoid rows of letters, digits or neighbouring keys, such as abcd, 4321 or qwerty.',
    ],
    [
      await isCommonPassword(fold(unit)),
      'common',
      'Choose another one: this is among the first that an attacker tries.',
    ],
  ]
  return refusals
    .filter(([refused]) => refused)
    .map(([, reason, message]) => ({
      reason: `password_${reason}`,
      message,
      ...(reason === 'too_short' && { limit: minimumLength }),
    }))
}

/** For comparing, not for hashing: who guesses tries capitals and look-alikes first. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

function isMadeOf(password: string, name: string): boolean {
  const whole = fold(name).trim()
  const [localPart = ''] = whole.split('@')
  const bare = password.replace(/^\P{L}+|\P{L}+$/gu, '')
  return [whole, localPart]
    .flatMap((part) => [part, part.replace(/[\s._-]/g, '')])
    .some(
      (part) => part !== '' && (bare === part || ([...part].length >= LEAST_NAME && password.includes(part))),
    )
}

function isMadeOfRuns(text: string): boolean {
  const pieces = splitRuns(text)
  const between = pieces.filter(({ isRun }) => !isRun).map((piece) => piece.text)
  return between.length < pieces.length && between.join('').length <= FEW_CHARACTERS
}
