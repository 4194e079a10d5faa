import { checkId, defaultRegistration, defined, registrationOf } from '../clients/clients.ts'
import { metadataOf, registrationFrom } from '../clients/metadata.ts'
import { checkRegistration } from '../clients/registration.ts'
import { AuthError } from '../errors/auth-error.ts'
import type { FieldProblem } from '../errors/refusal.ts'
import { type Client, type ClientRegistration, FIRST_PARTY } from '../model/client.ts'
import { IDENTITY_SCOPES } from '../model/identity-scopes.ts'
import type { DeclaredScope, Role } from '../model/role.ts'
import { MOST_ROLES } from '../permissions/roles.ts'
import { type Declaration, refused } from './document.ts'

/** What there is, as one look at it found it. */
export interface Present {
  /** Of the configuration, which no file changes. */
  readonly configured: {
    readonly scopes: Readonly<Record<string, string>>
    readonly roles: Readonly<Record<string, unknown>>
  }
  readonly scopes: readonly DeclaredScope[]
  readonly roles: readonly Role[]
  /** But for the built-in one. */
  readonly clients: readonly Client[]
  /** Ids of the file that belonged to clients which were removed. */
  readonly removedClients: readonly string[]
}

export type DeclaredKind = 'scope' | 'role' | 'client'

/** A member that is to be another; `undefined` where there is none. */
export interface MemberChange {
  readonly member: string
  readonly from: unknown
  readonly to: unknown
}

export interface DeclaredChange {
  readonly action: 'create' | 'change' | 'remove'
  readonly kind: DeclaredKind
  readonly name: string
  readonly members: readonly MemberChange[]
}

/** What a file comes to, and what is there beside it. */
export interface DeclarationPlan {
  readonly changes: readonly DeclaredChange[]
  /** There and not in the file, and left alone: removals are for whoever asks for them. */
  readonly left: readonly { readonly kind: DeclaredKind; readonly name: string }[]
  /** The entries of the file, checked and complete. */
  readonly scopes: ReadonlyMap<string, DeclaredScope>
  readonly roles: ReadonlyMap<string, Role>
  readonly clients: ReadonlyMap<string, ClientRegistration>
  /** What it was made of, for what is shown to be compared with what there is when it is applied. */
  readonly of: { readonly declaration: Declaration; readonly prune: boolean }
}

const MOST_SCOPES = 500

export const GIVEN_BEFORE =
  'This id was given to another client, which may have been removed: choose another one.'

/**
 * What has to change for the database to be as the file says, in an order in which it can be done. Pure. Throws
 * `REQUEST_INVALID` with every problem: nothing is half right. With `prune` what is not in the file goes, of the parts
 * that the file has.
 */
export function planDeclaration(
  declaration: Declaration,
  present: Present,
  { prune }: { readonly prune: boolean },
): DeclarationPlan {
  const problems: FieldProblem[] = []
  const stays = <Entry>(
    part: object | undefined,
    entries: readonly Entry[],
    nameOf: (entry: Entry) => string,
  ) => entries.filter((entry) => part === undefined || Object.hasOwn(part, nameOf(entry)) || !prune)

  const scopes = scopesOf(declaration, present, problems)
  const keptScopes = stays(declaration.scopes, present.scopes, ({ name }) => name)
  const scopeNames = new Set([
    ...Object.keys(present.configured.scopes),
    ...keptScopes.map(({ name }) => name),
    ...scopes.keys(),
  ])
  const roles = rolesOf(declaration, present, scopeNames, problems)
  const clients = clientsOf(declaration, present, scopeNames, problems)

  // What stays as it is must not hold what goes.
  const keptRoles = stays(declaration.roles, present.roles, ({ name }) => name).filter(
    ({ name }) => !roles.has(name),
  )
  const keptClients = stays(declaration.clients, present.clients, ({ id }) => id).filter(
    ({ id }) => !clients.has(id),
  )
  const inUse = [
    ...keptRoles.map(({ name, scopes: held }) => ({ of: `role \`${name}\``, held })),
    ...keptClients.map(({ id, scopes: held = [] }) => ({ of: `client \`${id}\``, held })),
  ]
  for (const { name } of present.scopes) {
    if (scopeNames.has(name)) continue
    const user = inUse.find(({ held }) => held.includes(name))
    if (user === undefined) continue
    const message = `Would be removed, and the ${user.of} has it: write that one into the file without it, or keep the scope.`
    problems.push({ field: `scopes.${name}`, message })
  }
  if (scopes.size + keptScopes.filter(({ name }) => !scopes.has(name)).length > MOST_SCOPES)
    problems.push({
      field: 'scopes',
      message: `At most ${MOST_SCOPES}, with those that are there: remove some.`,
    })
  if (roles.size + keptRoles.length > MOST_ROLES)
    problems.push({
      field: 'roles',
      message: `At most ${MOST_ROLES}, with those that are there: remove some.`,
    })
  if (problems.length > 0) throw refused(problems)

  const parts = [
    compare(
      'scope',
      declaration.scopes,
      byName(present.scopes, membersOfScope),
      mapped(scopes, membersOfScope),
    ),
    compare('role', declaration.roles, byName(present.roles, membersOfRole), mapped(roles, membersOfRole)),
    compare(
      'client',
      declaration.clients,
      new Map(present.clients.map((client) => [client.id, membersOfClient(registrationOf(client))])),
      mapped(clients, membersOfClient),
    ),
  ]
  const gone = parts.flatMap(({ missing }) => missing)
  return {
    changes: [
      ...parts.flatMap(({ changes }) => changes),
      // Last what others may name: clients, then roles, then scopes.
      ...(prune ? gone.toReversed().map((one) => ({ action: 'remove', ...one, members: [] }) as const) : []),
    ],
    left: prune ? [] : gone,
    scopes,
    roles,
    clients,
    of: { declaration, prune },
  }
}

/** A file that says what there is: to plan it comes to nothing. */
export function declarationOf({
  scopes,
  roles,
  clients,
}: Pick<Present, 'scopes' | 'roles' | 'clients'>): Declaration {
  return {
    scopes: Object.fromEntries(scopes.map(({ name, sentence }) => [name, sentence])),
    roles: Object.fromEntries(
      roles.map(({ name, description, scopes: held }) => [
        name,
        { ...(description !== undefined && { description }), scopes: [...held] },
      ]),
    ),
    clients: Object.fromEntries(
      clients.map((client) => {
        const { scope, jwks, ...rest } = metadataOf(client)
        return [client.id, { ...rest, scope: scope ?? '', ...(jwks.keys.length > 0 && { jwks }) }]
      }),
    ) as Declaration['clients'],
  }
}

type Members = Readonly<Record<string, unknown>>

function scopesOf({ scopes = {} }: Declaration, { configured }: Present, problems: FieldProblem[]) {
  const read = new Map<string, DeclaredScope>()
  for (const [name, sentence] of Object.entries(scopes)) {
    if (Object.hasOwn(configured.scopes, name) || Object.hasOwn(IDENTITY_SCOPES, name)) {
      problems.push({ field: `scopes.${name}`, message: 'Take it out: the configuration has it.' })
    }
    read.set(name, { name, sentence })
  }
  return read
}

function rolesOf(
  { roles = {} }: Declaration,
  { configured }: Present,
  scopeNames: ReadonlySet<string>,
  problems: FieldProblem[],
) {
  const read = new Map<string, Role>()
  for (const [name, { description, scopes }] of Object.entries(roles)) {
    if (Object.hasOwn(configured.roles, name)) {
      problems.push({ field: `roles.${name}`, message: 'Take it out: the configuration has it.' })
    }
    scopes.forEach((scope, index) => {
      if (scopeNames.has(scope)) return
      const message = `\`${scope}\` is no scope: declare it under \`scopes\`, or mend its name.`
      problems.push({ field: `roles.${name}.scopes.${index}`, message })
    })
    read.set(name, { name, description, scopes: [...new Set(scopes)] })
  }
  return read
}

function clientsOf(
  { clients = {} }: Declaration,
  present: Present,
  scopeNames: ReadonlySet<string>,
  problems: FieldProblem[],
) {
  const read = new Map<string, ClientRegistration>()
  const declared = [...Object.keys(IDENTITY_SCOPES), ...scopeNames]
  for (const [id, { client_name: name, state: wanted, ...given }] of Object.entries(clients)) {
    if (id === FIRST_PARTY) {
      problems.push({
        field: `clients.${id}`,
        message: 'Take it out: the built-in client follows the configuration.',
      })
      continue
    }
    if (present.removedClients.includes(id)) problems.push({ field: `clients.${id}`, message: GIVEN_BEFORE })
    const before = present.clients.find((client) => client.id === id)
    // Who was disabled had given cause to it: no deploy undoes that by saying nothing.
    const state = wanted ?? before?.state ?? 'active'
    try {
      if (before === undefined) checkId(id)
      const registration = { ...defaultRegistration(), ...defined(registrationFrom(given)), name, state }
      read.set(id, checkRegistration(registration, declared))
    } catch (error) {
      if (!(error instanceof AuthError) || error.refusal.fields === undefined) throw error
      for (const { field, message } of error.refusal.fields) {
        problems.push({ field: field === 'client_id' ? `clients.${id}` : `clients.${id}.${field}`, message })
      }
    }
  }
  return read
}

function compare(
  kind: DeclaredKind,
  part: object | undefined,
  present: ReadonlyMap<string, Members>,
  wanted: ReadonlyMap<string, Members>,
) {
  const changes: DeclaredChange[] = []
  for (const [name, members] of wanted) {
    const before = present.get(name)
    const differing = differences(before ?? {}, members)
    if (before === undefined) changes.push({ action: 'create', kind, name, members: differing })
    else if (differing.length > 0) changes.push({ action: 'change', kind, name, members: differing })
  }
  const missing = part === undefined ? [] : [...present.keys()].filter((name) => !wanted.has(name))
  return { changes, missing: missing.map((name) => ({ kind, name })) }
}

function differences(before: Members, after: Members): MemberChange[] {
  return Object.keys(after)
    .filter((member) => JSON.stringify(before[member]) !== JSON.stringify(after[member]))
    .map((member) => ({ member, from: before[member], to: after[member] }))
}

function byName<Entry extends { readonly name: string }>(
  entries: readonly Entry[],
  membersOf: (entry: Entry) => Members,
): Map<string, Members> {
  return new Map(entries.map((entry) => [entry.name, membersOf(entry)]))
}

function mapped<Entry>(entries: ReadonlyMap<string, Entry>, membersOf: (entry: Entry) => Members) {
  return new Map([...entries].map(([name, entry]) => [name, membersOf(entry)]))
}

function membersOfScope({ sentence }: DeclaredScope): Members {
  return { sentence }
}

/** In which order scopes and grants stand says nothing. */
function membersOfRole({ description, scopes }: Role): Members {
  return { description, scopes: scopes.toSorted() }
}

function membersOfClient(registration: ClientRegistration): Members {
  const { grant_types, scope, ...rest } = metadataOf(registration)
  const names = (scope ?? '').split(' ').filter((name) => name !== '')
  return { ...rest, grant_types: grant_types.toSorted(), scope: names.toSorted().join(' ') }
}
