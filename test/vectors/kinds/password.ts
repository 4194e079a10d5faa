import { readStoredHash, verifyPassword } from '../../../src/login/password-hash.ts'
import { checkNewPassword } from '../../../src/login/password-policy.ts'
import { isHashable } from '../../../src/login/password-text.ts'
import { firstOf, type Kind, kind, type Report } from '../tally.ts'

/** More than this would make the run need a gigabyte. */
const MOST_KIBIBYTES = 65_536

interface Argon2 {
  readonly m_KiB: number
  readonly password?: string
  readonly encoded?: string
}
interface Bcrypt {
  readonly hash: string
  readonly passwordHex: string
}
interface Scrypt {
  readonly password: string
  readonly salt: string
  readonly N: number
  readonly r: number
  readonly p: number
  readonly hex: string
}

/** A password that is right matches, one with a letter more does not. */
function compare(id: string, password: string, stored: string, report: Report): void {
  const { matches, problem } = verifyPassword(password, stored)
  report.check(id, matches, problem ?? 'the right password was refused')
  report.check(`${id}, another password`, !verifyPassword(`${password}x`, stored).matches, 'it was accepted')
}

export const passwordHashes: readonly Kind[] = [
  kind<{ readonly vectors: readonly Argon2[] }>(
    'Argon2',
    ({ vectors }) => String(firstOf(vectors).type).startsWith('argon2'),
    ({ vectors }, report) => {
      for (const { m_KiB, password, encoded } of vectors) {
        if (password === undefined || encoded === undefined)
          report.skip('Argon2 with a secret or associated data')
        else if (m_KiB > MOST_KIBIBYTES) report.skip(`Argon2 with more than ${MOST_KIBIBYTES} KiB`)
        else compare(encoded, password, encoded, report)
      }
    },
  ),
  kind<{ readonly vectors: readonly Bcrypt[] }>(
    'bcrypt',
    ({ vectors }) => String(firstOf(vectors).hash).startsWith('$2'),
    ({ vectors }, report) => {
      for (const { hash, passwordHex } of vectors) {
        const bytes = Buffer.from(passwordHex, 'hex')
        const password = bytes.toString('utf8')
        if (hash.startsWith('$2x$')) {
          report.check(hash, readStoredHash(hash) === 'format_refused', '$2x$ was read')
        } else if (!Buffer.from(password).equals(bytes)) {
          report.skip('a password that is no text')
        } else if (bytes.length > 72) {
          report.check(
            hash,
            verifyPassword(password, hash).problem === 'password_unsuitable',
            'it was cut in silence',
          )
        } else if (isHashable(password)) {
          compare(hash, password, hash, report)
        } else {
          report.check(
            hash,
            !verifyPassword(password, hash).matches,
            'a password that nobody can have matched',
          )
        }
      }
    },
  ),
  kind<{ readonly vectors: readonly Scrypt[] }>(
    'scrypt',
    ({ vectors }) => typeof firstOf(vectors).N === 'number' && 'hex' in firstOf(vectors),
    ({ vectors }, report) => {
      for (const { password, salt, N, r, p, hex } of vectors) {
        const text = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')
        const stored = `$scrypt$ln=${Math.log2(N)},r=${r},p=${p}$${text(Buffer.from(salt))}$${text(Buffer.from(hex, 'hex'))}`
        if (salt === '')
          report.check('no salt', readStoredHash(stored) === 'malformed', 'a hash without a salt was read')
        else compare(`N=${N}`, password, stored, report)
      }
    },
  ),
]

interface PolicyCase {
  readonly password: string
  readonly min?: number
  readonly user?: string
  readonly pair?: boolean
  readonly expect: string
  readonly why: string
}

const USUAL_LENGTH = 15

export const passwordPolicy = kind<{ readonly cases: readonly PolicyCase[] }>(
  'password policy',
  ({ cases }) => typeof firstOf(cases).password === 'string',
  async ({ cases }, report) => {
    for (const { password, min = USUAL_LENGTH, user, pair, expect, why } of cases) {
      if (pair === true) {
        // A hash that cut its input would take the second for the first.
        const start = 'p'.repeat(72)
        const refused = verifyPassword(
          `${start}b`,
          '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
        )
        report.check(why, refused.problem === 'password_unsuitable', 'a password was cut in silence')
        continue
      }
      // The case asks for a random value of this length in place of a row of one letter.
      const asked = /^x{64}$/.test(password) ? RANDOM_64 : password
      const userNames = user === undefined ? [] : [user]
      const problems = await checkNewPassword(asked, {
        minimumLength: min,
        userNames,
        serviceName: 'countersign',
      })
      const told = problems.map(({ message }) => message).join(' ')
      report.check(why, (problems.length === 0) === (expect === 'accept'), told || 'accepted')
    }
  },
)

const RANDOM_64 = 'q3Vw9zKfXr2mLt7PbYc5NhJdRg8sTkUe4AxWvQ6yMpCnZ1oBiEuHaSjDlFG0O-_I'
