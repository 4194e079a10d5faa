import type { NewEvent } from '../audit/events.ts'
import type { ClientRegistration } from '../model/client.ts'
import type { DeclaredScope, Role } from '../model/role.ts'
import type { NewClient } from './clients.ts'

/** One step of a change of what tokens may permit and who may get them. */
export type PermissionStep =
  | { readonly kind: 'scope.put'; readonly scope: DeclaredScope; readonly event: NewEvent }
  | { readonly kind: 'scope.remove'; readonly name: string; readonly event: NewEvent }
  /** A role that loses a scope raises ver of each of its holders, with their entries. */
  | { readonly kind: 'role.put'; readonly role: Role; readonly event: NewEvent }
  /**
   * Its holders have it no more; ver of each is raised, with their entries. Invitations that wait promise it no more:
   * what is made again under its name is another role.
   */
  | { readonly kind: 'role.remove'; readonly name: string; readonly event: NewEvent }
  | { readonly kind: 'client.create'; readonly client: NewClient; readonly event: NewEvent }
  | {
      readonly kind: 'client.change'
      readonly id: string
      readonly change: Partial<ClientRegistration>
      readonly event: NewEvent
    }
  | { readonly kind: 'client.remove'; readonly id: string; readonly event: NewEvent }

/** Scopes and roles that the database keeps. What the configuration declares is not here. */
export interface PermissionVerbs {
  /** All of them, by name. */
  scopes(): Promise<DeclaredScope[]>
  roles(): Promise<Role[]>
  /** Those of the names that are roles here, as they are now. */
  findRoles(names: readonly string[]): Promise<Role[]>
  /**
   * Takes all steps, in their order, or none. Resolves to the step that cannot be taken: its client id was given before,
   * or what it changes or removes is not there.
   */
  change(steps: readonly PermissionStep[]): Promise<PermissionStep | undefined>
}
