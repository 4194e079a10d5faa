import { createHash } from 'node:crypto'
import type { Evidence } from '../../src/doctor/evidence.ts'
import type { DoctorCase, Fixtures, TokenSpec } from './case-file.ts'
import { type MadeKey, makeKey, publicJwk, thumbprint } from './keys.ts'
import { type Edit, editToken, makeToken } from './tokens.ts'

type Members = Record<string, unknown>

export function makeKeys(fixtures: Fixtures): ReadonlyMap<string, MadeKey> {
  return new Map(Object.entries(fixtures.keys).map(([name, kind]) => [name, makeKey(kind)]))
}

/** A case, built: what the doctor is given, and what it may never print. */
export interface BuiltCase {
  readonly evidence: Evidence
  readonly now: number
  readonly secrets: readonly string[]
}

export function buildCase(
  one: DoctorCase,
  fixtures: Fixtures,
  keys: ReadonlyMap<string, MadeKey>,
): BuiltCase {
  const builder = new Builder(one, fixtures, keys)
  const evidence = builder.evidence()
  return { evidence, now: builder.now, secrets: builder.secrets() }
}

interface Repetition {
  readonly index: number
}

const EVIDENCE_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  token: ['token', 'request'],
  config: ['config'],
  deployments: ['nodes'],
  exchange: ['exchanges', 'complete'],
  events: ['lines'],
  store: ['users', 'sessions', 'clients', 'keys', 'deny_list'],
  openapi: ['url', 'document'],
  routes: ['routes'],
  clock: ['readings'],
  jwks: ['url', 'fetched_at', 'keys'],
  client: ['registration', 'code', 'settings'],
}

const TOKEN_MEMBERS = ['like', 'header', 'claims', 'drop', 'sign', 'edits', 'text']

class Builder {
  readonly now: number
  readonly #case: DoctorCase
  readonly #fixtures: Fixtures
  readonly #keys: ReadonlyMap<string, MadeKey>
  readonly #tokens = new Map<string, string>()
  readonly #secrets = new Set<string>()

  constructor(one: DoctorCase, fixtures: Fixtures, keys: ReadonlyMap<string, MadeKey>) {
    this.#case = one
    this.#fixtures = fixtures
    this.#keys = keys
    this.now = one.now ?? fixtures.now
  }

  evidence(): Evidence {
    for (const name of Object.keys(this.#case.tokens ?? {})) this.#token(name)
    let evidence: Members = {}
    for (const given of this.#case.evidence) evidence = this.#add(evidence, given)
    return evidence as Evidence
  }

  secrets(): readonly string[] {
    const segments = [...this.#tokens.values()]
      .map((text) => text.split('.').at(-1) ?? '')
      .filter((part) => part.length >= 20)
    return [...this.#secrets, ...this.#tokens.values(), ...segments].filter((text) => text !== '')
  }

  #add(evidence: Members, { kind, ...given }: Members & { readonly kind: string }): Members {
    const known = EVIDENCE_MEMBERS[kind]
    const odd = Object.keys(given).find((name) => known?.includes(name) !== true)
    if (known === undefined || odd !== undefined)
      throw new Error(`nobody knows the evidence ${kind} ${odd ?? ''}`)
    switch (kind) {
      case 'token': {
        const token = {
          text: this.#token(given.token as string),
          ...(given.request !== undefined && { request: given.request }),
        }
        return { ...evidence, tokens: [...((evidence.tokens as unknown[]) ?? []), token] }
      }
      case 'config':
        return { ...evidence, config: this.#config(given.config as Members) }
      case 'deployments':
        return {
          ...evidence,
          nodes: (given.nodes as Members[]).map((node) => ({
            ...(this.#resolve({ ...node, config: {} }) as Members),
            config: this.#config(node.config as Members),
          })),
        }
      case 'exchange':
        return {
          ...evidence,
          exchanges: [
            ...((evidence.exchanges as unknown[]) ?? []),
            ...(this.#resolve(given.exchanges) as unknown[]),
          ],
          ...(given.complete === true && { complete: true }),
        }
      case 'events':
        return { ...evidence, events: (given.lines as Members[]).flatMap((line) => this.#lines(line)) }
      case 'openapi':
        return { ...evidence, openapi: { url: given.url, document: given.document } }
      case 'store':
      case 'jwks':
      case 'client':
        return { ...evidence, [kind]: this.#resolve(given) }
      case 'routes':
        return { ...evidence, routes: this.#resolve(given.routes) }
      default:
        return { ...evidence, clocks: this.#resolve(given.readings) }
    }
  }

  #lines(line: Members): unknown[] {
    if (line.repeat === undefined) return [this.#resolve(line)]
    return Array.from({ length: line.repeat as number }, (_, index) => this.#resolve(line.event, { index }))
  }

  #config(given: Members): unknown {
    return this.#resolve(this.#likeConfig(given))
  }

  #likeConfig({ like, drop, ...own }: Members): Members {
    if (like === undefined) return own
    const base = this.#fixtures.configs[like as string]
    if (base === undefined) throw new Error(`there is no configuration ${String(like)}`)
    const merged = { ...this.#likeConfig({ ...base }), ...own }
    for (const name of (drop as string[] | undefined) ?? []) delete merged[name]
    return merged
  }

  #token(name: string): string {
    const known = this.#tokens.get(name)
    if (known !== undefined) return known
    const text = this.#makeToken(this.#spec(name))
    this.#tokens.set(name, text)
    return text
  }

  #makeToken({ header, claims, sign, text, edits = [] }: TokenSpec): string {
    const whole =
      text === undefined
        ? makeToken(
            this.#resolve(header) as Members,
            this.#resolve(claims) as Members,
            sign ?? null,
            this.#keys,
          )
        : (this.#resolve(text) as string)
    if (text === undefined && sign?.key !== undefined) this.#useSecret(sign.key)
    return edits.reduce((now, edit) => editToken(now, this.#resolve(edit) as Edit), whole)
  }

  #spec(name: string): TokenSpec {
    const own = this.#case.tokens?.[name]
    const fixture = this.#fixtures.tokens[name]
    const spec = own ?? fixture
    if (spec === undefined) throw new Error(`there is no token ${name}`)
    // A token that is like the one of its own name is like the fixture.
    return this.#merged(name, spec, (like) =>
      like === name && own !== undefined ? this.#fixture(like) : this.#spec(like),
    )
  }

  #fixture(name: string): TokenSpec {
    const spec = this.#fixtures.tokens[name]
    if (spec === undefined) throw new Error(`there is no token ${name} in the fixtures`)
    return this.#merged(name, spec, (like) => this.#fixture(like))
  }

  #merged(name: string, spec: TokenSpec, find: (like: string) => TokenSpec): TokenSpec {
    const odd = Object.keys(spec).find((member) => !TOKEN_MEMBERS.includes(member))
    if (odd !== undefined) throw new Error(`token ${name}: nobody knows the member ${odd}`)
    const { like, drop = [], ...own } = spec
    if (like === undefined) return own
    const { header = {}, claims = {}, ...rest } = find(like)
    const merged = {
      header: { ...header, ...own.header } as Members,
      claims: { ...claims, ...own.claims } as Members,
    }
    for (const path of drop) {
      const dot = path.indexOf('.')
      delete merged[path.slice(0, dot) as 'header' | 'claims'][path.slice(dot + 1)]
    }
    return { ...rest, ...own, ...merged }
  }

  #useSecret(name: string): string {
    const key = this.#key(name)
    if (key.kind !== 'secret') return ''
    this.#secrets.add(key.text)
    return key.text
  }

  #key(name: unknown): MadeKey {
    const key = this.#keys.get(name as string)
    if (key === undefined) throw new Error(`there is no key ${String(name)}`)
    return key
  }

  /** Replaces every reference in a value by what it stands for. */
  #resolve(value: unknown, repetition?: Repetition): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#resolve(item, repetition))
    if (typeof value !== 'object' || value === null) return value
    const members = value as Members
    const name = Object.keys(members).find((key) => key.startsWith('$'))
    if (name !== undefined) return this.#reference(name, members, repetition)
    return Object.fromEntries(
      Object.entries(members).map(([key, item]) => [key, this.#resolve(item, repetition)]),
    )
  }

  #reference(name: string, members: Members, repetition: Repetition | undefined): unknown {
    const inner = (): unknown => this.#resolve(members[name], repetition)
    const text = (): string => String(inner())
    const index = (): number => {
      if (repetition === undefined) throw new Error(`${name} stands outside of a repeated event`)
      return repetition.index
    }
    switch (name) {
      case '$now': {
        const per = repetition === undefined ? 0 : Number(members.per ?? 0) * repetition.index
        return (this.now + Number(members.$now) + per) * (members.unit === 'ms' ? 1000 : 1)
      }
      case '$date':
        return new Date((this.now + Number(members.$date)) * 1000).toUTCString()
      case '$thumbprint':
        return thumbprint(this.#key(members.$thumbprint))
      case '$jwk': {
        const key = this.#key(members.$jwk)
        const kid = members.kid === undefined ? thumbprint(key) : this.#resolve(members.kid, repetition)
        return { ...publicJwk(key), alg: key.kind === 'pair' ? key.alg : undefined, use: 'sig', kid }
      }
      case '$secret':
        return this.#useSecret(members.$secret as string)
      case '$token':
        return this.#token(members.$token as string)
      case '$sha256': {
        const hex = createHash('sha256').update(text()).digest('hex')
        return members.take === undefined ? hex : hex.slice(0, Number(members.take))
      }
      case '$s256':
        return createHash('sha256').update(text()).digest('base64url')
      case '$base64':
      case '$base64url': {
        const plain = text()
        const encoded = Buffer.from(plain).toString(name === '$base64' ? 'base64' : 'base64url')
        if ([...this.#secrets, ...this.#tokens.values()].some((secret) => plain.includes(secret)))
          this.#secrets.add(encoded)
        return encoded
      }
      case '$concat':
        return (inner() as unknown[]).map(String).join('')
      case '$json':
        return JSON.stringify(inner())
      case '$form':
        return new URLSearchParams(inner() as [string, string][]).toString()
      case '$cycle': {
        const list = members.$cycle as unknown[]
        return this.#resolve(list[Math.floor(index() / Number(members.step ?? 1)) % list.length], repetition)
      }
      case '$index':
        return Number(members.$index) + index()
      default:
        throw new Error(`nobody knows the reference ${name}`)
    }
  }
}
