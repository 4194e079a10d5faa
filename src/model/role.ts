/** A role that the database keeps, beside those of the configuration: what it is, and the scopes that it holds. */
export interface Role {
  readonly name: string
  readonly description: string | undefined
  readonly scopes: readonly string[]
}

/** Roles that somebody is about to be given. */
export interface GivenRoles {
  readonly roles: readonly string[]
  /** Those of them that the database keeps, and not the configuration. */
  readonly keptRoles: readonly string[]
}

/** A scope that the database keeps, with the sentence that people are shown. */
export interface DeclaredScope {
  readonly name: string
  readonly sentence: string
}

/** Whether claims made under the one say too much under the other. */
export function losesScopes(before: Pick<Role, 'scopes'>, after: Pick<Role, 'scopes'>): boolean {
  return before.scopes.some((name) => !after.scopes.includes(name))
}
