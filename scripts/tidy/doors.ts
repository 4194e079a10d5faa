/** What package.json says of the files a user of the package can name. */
export interface PackageDoors {
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly bin?: Readonly<Record<string, string>>
}

/** The source files behind the doors (`exports`) and programs (`bin`) of package.json. */
export function doorSources({ exports = {}, bin = {} }: PackageDoors): string[] {
  const targets = Object.values(exports).flatMap((door) =>
    typeof door === 'string' ? [door] : Object.values(door),
  )
  const sources = [...targets, ...Object.values(bin)].flatMap((target) => {
    const stem = /^\.\/dist\/(.*?)(?:\.d\.ts|\.js)$/.exec(target)?.[1]
    return stem === undefined ? [] : [`src/${stem}.ts`]
  })
  return [...new Set(sources)]
}

/** Doors that lead nowhere, and doors whose types come from another file than their code. */
export function findDoorProblems(doors: PackageDoors, exists: (path: string) => boolean): string[] {
  const missing = doorSources(doors)
    .filter((path) => !exists(path))
    .map((path) => `package.json names ${path}, which does not exist`)
  const unlike = Object.entries(doors.exports ?? {}).flatMap(([name, door]) => {
    if (typeof door === 'string') return []
    const stems = new Set(Object.values(door).map((target) => target.replace(/\.d\.ts$|\.js$/, '')))
    return stems.size === 1 ? [] : [`package.json: the parts of door "${name}" come from different files`]
  })
  return [...missing, ...unlike]
}
