/** Whether a handler leads into an application that was mounted (`mount`). */
export type FindMount = (handler: object) => boolean

/**
 * Handlers of mounted applications look like middleware, and may have been mounted anywhere: in an application inside of
 * this one, or before this. All that one copy of Hono makes have the same text, which one that is made here shows.
 */
export function findMounts(app: object): FindMount {
  const text = textOfMount(app)
  const known = new WeakMap<object, boolean>()
  return (handler) => {
    const before = known.get(handler)
    if (before !== undefined) return before
    const isMount = textOf(handler) === text
    known.set(handler, isMount)
    return isMount
  }
}

interface Mounting {
  mount?(path: string, handler: () => undefined): unknown
}

/** Undefined where it cannot be told. */
function textOfMount(app: object): string | undefined {
  // Of Hono's own class: one of the application's that extends it may need more to be made.
  let own: object | undefined
  for (let one: object | null = app; one !== null; one = Object.getPrototypeOf(one)) {
    if (Object.hasOwn(one, 'mount') && one !== app) own = one
  }
  let text: string | undefined
  const router = {
    add(_method: string, _path: string, [handler]: readonly [object]) {
      text = textOf(handler)
    },
  }
  if (own !== undefined) {
    const base = own.constructor as new (options: object) => Mounting
    new base({ router }).mount?.('/', () => undefined)
  }
  // A runtime may keep the text of functions to itself: then all have the same.
  return text?.includes('return') ? text : undefined
}

function textOf(handler: object): string {
  return Function.prototype.toString.call(handler).replace(/\s+/g, '')
}
