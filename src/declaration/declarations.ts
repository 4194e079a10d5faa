import type { Origin } from '../audit/events.ts'
import type { Random } from '../base/random.ts'
import { newClientSecret } from '../clients/client-secret.ts'
import { eventOfChange, registrationOf } from '../clients/clients.ts'
import type { Client, ClientRegistration } from '../model/client.ts'
import { FIRST_PARTY, hasSecret } from '../model/client.ts'
import type { Permissions } from '../permissions/permissions.ts'
import { eventOfRole } from '../permissions/roles.ts'
import { allClients } from '../store/clients.ts'
import type { PermissionStep } from '../store/permissions.ts'
import type { Store } from '../store/store.ts'
import { hashSecret } from '../tokens/secret-hash.ts'
import { type Declaration, readDeclaration, refused } from './document.ts'
import {
  type DeclarationPlan,
  type DeclaredChange,
  declarationOf,
  GIVEN_BEFORE,
  type Present,
  planDeclaration,
} from './plan.ts'

/** What was done, and what is to be had this once. */
export interface AppliedDeclaration {
  readonly changes: readonly DeclaredChange[]
  /** By client id: those of the clients that are new and prove themselves by one. */
  readonly secrets: Readonly<Record<string, string>>
}

/**
 * Clients, roles and scopes as one document, under version control and the same in every environment. For operators:
 * whoever may apply one can give every right there is.
 */
export interface Declarations {
  /** What there is, as a document that comes to nothing when it is planned. No secret is in it. */
  read(): Promise<Declaration>
  /** What a document would change. Throws `REQUEST_INVALID` with every problem, and the place of each. */
  plan(document: unknown, options?: { readonly prune?: boolean | undefined }): Promise<DeclarationPlan>
  /** All of a plan, or nothing of it: throws `REQUEST_INVALID` where things have changed since it was made. */
  apply(plan: DeclarationPlan, origin: Origin): Promise<AppliedDeclaration>
}

export interface DeclarationParts {
  readonly store: Pick<Store, 'clients' | 'permissions'>
  readonly random: Random
  readonly permissions: Permissions
  readonly configured: Present['configured']
  /** Waits until this process knows the change, and the revocations that it wrote. */
  readonly changed: () => Promise<void>
}

const CHANGED_MEANWHILE = {
  field: 'the file',
  message:
    'Comes to other changes than before, for somebody has changed things: look at them, and apply it again.',
}

export function createDeclarations(parts: DeclarationParts): Declarations {
  const { store, random, changed } = parts

  const look = async (declaration: Declaration): Promise<Present> => {
    const [scopes, roles, clients, removedClients] = await Promise.all([
      store.permissions.scopes(),
      store.permissions.roles(),
      allClients(store.clients),
      store.clients.removed(Object.keys(declaration.clients ?? {})),
    ])
    const { configured } = parts
    return {
      configured,
      // What the configuration declares by now is the configuration's.
      scopes: scopes.filter(({ name }) => !Object.hasOwn(configured.scopes, name)),
      roles: roles.filter(({ name }) => !Object.hasOwn(configured.roles, name)),
      clients: clients.filter(({ id }) => id !== FIRST_PARTY),
      removedClients,
    }
  }

  return {
    read: async () => declarationOf(await look({})),
    async plan(document, { prune = false } = {}) {
      const declaration = readDeclaration(document)
      return planDeclaration(declaration, await look(declaration), { prune })
    },

    async apply(plan, origin) {
      const present = await look(plan.of.declaration)
      const { changes } = planDeclaration(plan.of.declaration, present, plan.of)
      // Somebody has agreed to what they were shown, and to nothing else.
      if (JSON.stringify(changes) !== JSON.stringify(plan.changes)) throw refused([CHANGED_MEANWHILE])
      const secrets: Record<string, string> = {}
      const steps = plan.changes.map((change) => {
        const registration = change.kind === 'client' ? plan.clients.get(change.name) : undefined
        const isNew = change.action === 'create'
        const secret = isNew && registration && hasSecret(registration) ? newClientSecret(random) : undefined
        if (secret !== undefined) secrets[change.name] = secret
        return stepOf(change, plan, {
          secret,
          client: present.clients.find(({ id }) => id === change.name),
          origin,
        })
      })
      const stopped = steps.length === 0 ? undefined : await store.permissions.change(steps)
      if (stopped !== undefined) throw refused([whyStopped(stopped)])
      // It is written: a secret that were lost now could be had from nobody. This process learns of it with the next pull,
      // and refuses where none comes.
      await changed().catch(() => undefined)
      return { changes: plan.changes, secrets }
    },
  }
}

interface StepParts {
  readonly secret: string | undefined
  /** As it was before, where the change is one of a client. */
  readonly client: Client | undefined
  readonly origin: Origin
}

function stepOf(
  { action, kind, name }: DeclaredChange,
  plan: DeclarationPlan,
  { secret, client, origin }: StepParts,
): PermissionStep {
  if (action === 'remove') {
    if (kind === 'client') {
      return { kind: 'client.remove', id: name, event: { name: 'client.deleted', origin, clientId: name } }
    }
    const event = { name: `${kind}.removed`, origin, data: { [kind]: name } } as const
    return { kind: `${kind}.remove`, name, event }
  }
  const isNew = action === 'create'
  if (kind === 'scope') {
    const scope = entryOf(plan.scopes, name)
    const event = { name: isNew ? 'scope.declared' : 'scope.changed', origin, data: { scope: name } } as const
    return { kind: 'scope.put', scope, event }
  }
  if (kind === 'role') {
    const role = entryOf(plan.roles, name)
    return { kind: 'role.put', role, event: eventOfRole(role, isNew, origin) }
  }
  const registration = entryOf(plan.clients, name)
  if (isNew) {
    const secretHash = secret === undefined ? undefined : hashSecret(secret)
    const event = { name: 'client.created', origin, clientId: name } as const
    return { kind: 'client.create', client: { ...registration, id: name, secretHash }, event }
  }
  const change = client === undefined ? registration : differing(registrationOf(client), registration)
  const event =
    client === undefined
      ? ({ name: 'client.changed', origin, clientId: name } as const)
      : eventOfChange(client, change, origin)
  return { kind: 'client.change', id: name, change, event }
}

/** Only what differs, so that what somebody else has changed meanwhile stays. */
function differing(before: ClientRegistration, after: ClientRegistration): Partial<ClientRegistration> {
  return Object.fromEntries(
    Object.entries(after).filter(
      ([member, value]) =>
        JSON.stringify(value) !== JSON.stringify(before[member as keyof ClientRegistration]),
    ),
  )
}

function entryOf<Entry>(entries: ReadonlyMap<string, Entry>, name: string): Entry {
  const entry = entries.get(name)
  if (entry === undefined) throw new TypeError(`the plan names ${name} and does not have it`)
  return entry
}

function whyStopped(step: PermissionStep) {
  if (step.kind === 'client.create') {
    return { field: `clients.${step.client.id}`, message: GIVEN_BEFORE }
  }
  const [part = '', name] = [
    step.kind.split('.')[0],
    'id' in step ? step.id : 'name' in step ? step.name : '',
  ]
  return { field: `${part}s.${name}`, message: 'Was removed meanwhile: apply the file again.' }
}
