import module from 'node:module'

/**
 * Takes what modules of ours import of one another for what it says: files that came with them, by their whole names. Node
 * looks at the disk and at package.json for each of six hundred, which is a sixth of a start. The modules stay the same
 * ones, however somebody else comes to them.
 */
export function takeOwnModulesAsNamed(): void {
  const home = new URL('../', import.meta.url).href
  // A Node that is too old to have it gets as far as being told so.
  module.registerHooks?.({
    resolve(specifier, context, next) {
      const isOwn = specifier.startsWith('.') && context.parentURL?.startsWith(home) === true
      if (!isOwn) return next(specifier, context)
      return { url: new URL(specifier, context.parentURL).href, shortCircuit: true }
    },
  })
}
