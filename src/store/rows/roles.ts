import type { Role } from '../../model/role.ts'

export interface RoleRow {
  readonly name: string
  readonly description: string | null
  readonly scopes: readonly string[]
}

export function toRole({ name, description, scopes }: RoleRow): Role {
  return { name, description: description ?? undefined, scopes }
}
