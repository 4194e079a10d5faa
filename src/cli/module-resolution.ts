import { readFileSync } from 'node:fs'
import module from 'node:module'

/** What zod imports to bring the sixty languages of its messages along. Ours are in English, which it has from elsewhere. */
const LANGUAGES = '../locales/index.js'
const OF_ZOD = /\/zod\/v4\/(?:classic|core)\/\w+\.js$/
const LANGUAGE = /^export \{ default as (\w+) \} from "(\.\/[\w-]+\.js)";$/gm

/**
 * Takes what modules of ours import of one another for what it says: files that came with them, by their whole names. Node
 * looks at the disk and at package.json for each of six hundred, which is a sixth of a start. The modules stay the same
 * ones, however somebody else comes to them. And loads a language of zod when an application asks for messages in it.
 */
export function resolveLean(): void {
  const home = new URL('../', import.meta.url).href
  // A Node that is too old to have it gets as far as being told so.
  module.registerHooks?.({
    resolve(specifier, context, next) {
      const { parentURL: parent = '' } = context
      const isOwn = specifier.startsWith('.') && parent.startsWith(home)
      if (isOwn) return { url: new URL(specifier, parent).href, shortCircuit: true }
      if (specifier === LANGUAGES && OF_ZOD.test(parent))
        return { url: whenAskedFor(new URL(specifier, parent)), shortCircuit: true }
      return next(specifier, context)
    },
  })
}

/** The same names as in zod's list of its languages, each for what loads the language with the first call. */
function whenAskedFor(list: URL): string {
  const names = readFileSync(list, 'utf8').replaceAll(
    LANGUAGE,
    'export const $1 = (...of) => load("$2").default(...of)',
  )
  const load = `import module from 'node:module'\nconst load = module.createRequire(${JSON.stringify(list.href)})\n`
  return `data:text/javascript,${encodeURIComponent(load + names)}`
}
