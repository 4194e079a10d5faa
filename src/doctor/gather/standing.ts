import { DAY_MILLISECONDS } from '../../base/duration.ts'
import { faultOfRedirectUri } from '../../clients/redirect-uri.ts'
import type { KeyFacts } from '../../keys/key-facts.ts'
import type { Client } from '../../model/client.ts'
import type { StoreSurvey } from '../../store/survey.ts'
import type { Note } from '../note.ts'
import { span } from '../words.ts'

/** How an issuer stands, as far as its database tells: accounts, sessions, keys, clients. Nothing secret. */
export interface Standing extends StoreSurvey {
  readonly keys: readonly KeyFacts[]
  readonly clients: readonly Pick<Client, 'id' | 'redirectUris' | 'requirePkce' | 'state'>[]
  /** The entries of SECRET_KEY that are read here, and how many sessions and keys name each entry. By fingerprint. */
  readonly secretKeys: readonly string[]
  readonly secretKeyUses: Readonly<Record<string, number>>
  /** Webhooks that were given up. */
  readonly deadDeliveries: number
  /** Sessions that ended within a week because an old refresh token came back. */
  readonly reusedSessions: number
  /** What is configured. */
  readonly limits: { readonly keyRotationDays: number; readonly refreshTokenExpireDays: number }
}

/** A key waits for the others to publish it and for caches to end: so much later than its day is no fault. */
const ROTATION_GRACE_DAYS = 3
/** Longer than any key lives that is made with the usual lifetime. */
const LONG_KEY_DAYS = 400

type Review = (standing: Standing) => Note | readonly Note[] | undefined

/** Risky states that are no error anywhere: nobody is refused over them, and somebody may be let in. Pure. */
export function reviewStanding(standing: Standing): readonly Note[] {
  return REVIEWS.flatMap((review) => review(standing) ?? [])
}

const operators: Review = ({ operators: count, operatorsWithoutFactor: without }) => {
  if (without === 0) return undefined
  return {
    kind: 'risk',
    what: `${without} of ${count} accounts that may look after others have no second factor: one password that leaks opens all of them.`,
    fix: 'Set REQUIRE_SECOND_FACTOR to their roles (REQUIRE_SECOND_FACTOR=admin): they are asked to set one up at the next sign-in.',
  }
}

const olderHashes: Review = ({ olderHashes: heads, accounts }) => {
  const all = Object.entries(heads)
  if (all.length === 0) return undefined
  const weak = all.filter(([head]) => isSha1(head))
  const old = all.filter(([head]) => !isSha1(head))
  const told = (list: readonly [string, number][]): string =>
    list
      .toSorted(([, a], [, b]) => b - a)
      .map(([head, count]) => `${count} by ${head === '' ? 'a format of another system' : head}`)
      .join(', ')
  const notes: Note[] = []
  if (weak.length > 0)
    notes.push({
      kind: 'risk',
      what: `Passwords are still hashed with SHA-1: ${told(weak)}, of ${accounts} accounts. Whoever gets the database guesses them fastest.`,
      fix: 'They are hashed anew as people sign in. End what nobody signs in to: `countersign users list`, then `countersign users disable LOGIN`.',
    })
  if (old.length > 0)
    notes.push({
      kind: 'note',
      what: `Passwords are hashed as another system, or an older setting, did: ${told(old)}, of ${accounts} accounts.`,
      fix: 'Each is hashed anew when its owner signs in. Nothing has to be done; those who never sign in stay as they are.',
    })
  return notes
}

function isSha1(head: string): boolean {
  return head === '$pbkdf2' || head === 'pbkdf2_sha1'
}

const apiKeys: Review = ({ apiKeys: count, unusedApiKeys, lastApiKeyEnd, now }) => {
  const notes: Note[] = []
  if (unusedApiKeys > 0)
    notes.push({
      kind: 'risk',
      what: `${unusedApiKeys} of ${count} live API keys were not used for 90 days.`,
      fix: 'A key that nobody needs is only there for whoever finds it: `countersign api-keys list LOGIN`, then `countersign api-keys revoke LOGIN ID`.',
    })
  const days = lastApiKeyEnd === undefined ? 0 : Math.ceil((lastApiKeyEnd - now) / DAY_MILLISECONDS)
  if (days > LONG_KEY_DAYS)
    notes.push({
      kind: 'risk',
      what: `An API key works for another ${days} days.`,
      fix: 'Make one that ends within a year (`countersign api-keys create LOGIN --days 90`), put it in place, and revoke the old one.',
    })
  return notes
}

const clients: Review = ({ clients: all }) =>
  all.flatMap(({ id, redirectUris, requirePkce, state }): readonly Note[] => {
    if (state !== 'active') return []
    const faulty = redirectUris.flatMap((uri) => {
      const fault = faultOfRedirectUri(uri)
      return fault === undefined ? [] : [`${uri} (${fault})`]
    })
    const notes: Note[] = []
    if (faulty.length > 0)
      notes.push({
        kind: 'risk',
        cause: 'REDIRECT_URI_MISMATCH',
        what: `The client ${id} may be led to addresses that would not be registered today: ${faulty.join(', ')}. A code can get into wrong hands there.`,
        fix: `\`countersign clients update ${id} --redirect-uri https://…\` with each address exactly as the application sends it.`,
      })
    if (redirectUris.length > 0 && !requirePkce)
      notes.push({
        kind: 'note',
        what: `The client ${id} may ask without a PKCE challenge.`,
        fix: `RFC 9700 section 2.1.1 wants one of every client: \`countersign clients update ${id} --pkce\` when its library sends it.`,
      })
    return notes
  })

const signingKeys: Review = ({ keys, limits, now }) =>
  keys
    .filter(({ phase, since }) => {
      const days = since === undefined ? 0 : (now - since) / DAY_MILLISECONDS
      return phase === 'active' && days > limits.keyRotationDays + ROTATION_GRACE_DAYS
    })
    .map(({ kid, use, since = now }) => ({
      kind: 'risk',
      cause: 'CONFIG_NOT_RELOADED',
      what: `The key ${kid} for ${use} tokens has signed for ${span((now - since) / 1000)}, and KEY_ROTATION_DAYS is ${limits.keyRotationDays}: its rotation does not go on.`,
      fix: '`countersign keys list` says what the next step waits for: a node that does not publish the new key, or none that runs. `countersign keys rotate` takes the step by hand.',
    }))

const secretKeys: Review = ({ secretKeys: read, secretKeyUses }) => {
  const notes: Note[] = []
  const lost = Object.entries(secretKeyUses).filter(([key, count]) => count > 0 && !read.includes(key))
  for (const [key, count] of lost)
    notes.push({
      kind: 'risk',
      cause: 'SECRET_KEY_UNKNOWN',
      what: `${count} sessions or signing keys name ${key}, an entry of SECRET_KEY that is not read here: the next start here refuses, and a node that lost it answers 503.`,
      fix: 'Put that entry back behind the others (SECRET_KEY=new,former) on every node, until nothing names it any more.',
    })
  const [, ...former] = read
  const unused = former.filter((key) => (secretKeyUses[key] ?? 0) === 0)
  if (unused.length > 0)
    notes.push({
      kind: 'note',
      what: `Nothing names ${unused.join(', ')} any more, an entry of SECRET_KEY behind the first.`,
      fix: 'It may leave the list, on all nodes.',
    })
  return notes
}

const sessions: Review = ({ lastSessionEnd, sessionsOfDisabled, limits, now }) => {
  const notes: Note[] = []
  if (sessionsOfDisabled > 0)
    notes.push({
      kind: 'risk',
      cause: 'USER_DISABLED',
      what: `${sessionsOfDisabled} sessions of disabled accounts were never ended: somebody changed the state in the database, past us, so that tokens which are out stay good until they expire.`,
      fix: 'Disable the accounts by `countersign users disable LOGIN`, which ends sessions and tokens, and change no row by hand.',
    })
  const days = lastSessionEnd === undefined ? 0 : (lastSessionEnd - now) / DAY_MILLISECONDS
  if (days > limits.refreshTokenExpireDays + 1)
    notes.push({
      kind: 'note',
      what: `Sessions live up to ${Math.ceil(days)} more days: they were begun before REFRESH_TOKEN_EXPIRE_DAYS became ${limits.refreshTokenExpireDays}.`,
      fix: 'They keep the limit they began with. `countersign sessions end-all LOGIN` ends those of one account.',
    })
  return notes
}

const happened: Review = ({ deadDeliveries, reusedSessions }) => {
  const notes: Note[] = []
  if (reusedSessions > 0)
    notes.push({
      kind: 'risk',
      cause: 'REFRESH_REUSE_THEFT',
      what: `${reusedSessions} sessions ended within a week because an old refresh token came back: a copy of it may be in other hands.`,
      fix: '`countersign events --name session.reuse` says whose, and from where; ask the owners whether they know both places.',
    })
  if (deadDeliveries > 0)
    notes.push({
      kind: 'risk',
      what: `${deadDeliveries} webhooks were given up: what they would have told is known to nobody.`,
      fix: '`countersign webhooks list` says why; `countersign webhooks retry ID` sends one again.',
    })
  return notes
}

const REVIEWS: readonly Review[] = [
  operators,
  sessions,
  clients,
  secretKeys,
  signingKeys,
  apiKeys,
  olderHashes,
  happened,
]
