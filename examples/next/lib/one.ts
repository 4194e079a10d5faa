const kept: Record<string, unknown> = {}
const all = globalThis as { kept?: typeof kept }
all.kept ??= kept

/**
 * What there may be only one of in a process, made when it is first asked for: Next loads a module once for pages and once
 * more for route handlers, and also while it builds, where there is no database and no secret.
 */
export function one<Thing>(name: string, make: () => Thing): () => Thing {
  const { kept = {} } = all
  return () => {
    kept[name] ??= make()
    return kept[name] as Thing
  }
}
