import { codeBlocks } from '../../docs/code-blocks.ts'

/** The commands of docs/operations.md by the name that stands behind the fence: `sh drill:back-up-sqlite`. */
export const DRILLS: ReadonlyMap<string, string> = new Map(
  codeBlocks()
    .filter(({ file }) => file.endsWith('operations.md'))
    .flatMap(({ words, code }) => {
      const [, name] = /^drill:(\S+)$/.exec(words[1] ?? '') ?? []
      return name === undefined ? [] : [[name, code] as const]
    }),
)
