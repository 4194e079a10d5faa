import type { Handler } from 'hono'
import type { Result, Router } from 'hono/router'
import type { RouterRoute } from 'hono/types'
import type { CallSite } from '../base/call-site.ts'
import type { Access } from '../model/access.ts'
import { hasRules, joinAccess, withoutRules } from '../model/access-join.ts'
import { placeOfCaller, wordOf } from './guard-mark.ts'
import type { FindMount } from './hono-mounts.ts'
import type { FindPathWord } from './path-words.ts'

export type HonoHandler = Handler
type Entry = [HonoHandler, RouterRoute]
type Found = Result<Entry>

/** What the guard does with requests, in the terms of Hono. */
export interface HonoChecks {
  /** Whose checks they are. */
  readonly gate: object
  /** The same handler behind a check of this word; of a missing one, which refuses. */
  guarded(handler: HonoHandler, access: Access | undefined): HonoHandler
  /**
   * Middleware that hands on as it is; what it answers itself is for whom this word lets in, whose rules look at the
   * variable parts of the step so many steps behind it.
   */
  ahead(handler: HonoHandler, access: Access | undefined, distance: number): HonoHandler
  /** Stands before all that is not the issuer's; undefined where there is nothing to do. */
  readonly edge: HonoHandler | undefined
  /** Refuses what middleware answers where no word allows that anything is answered. */
  readonly silent: HonoHandler
  /** The handler of the issuer for this path, undefined if it is not the issuer's. */
  issuer(path: string): HonoHandler | undefined
}

/**
 * Whether a handler answers by itself, as far as Hono tells: middleware takes a second argument. So do what is mounted, and
 * what opens WebSockets.
 */
export function answers({ handler, method }: RouterRoute, isMounted: FindMount): boolean {
  const target = targetOf(handler)
  return method !== 'ALL' || target.length < 2 || target.name === 'upgradeWebSocket' || isMounted(target)
}

const LEAVING = Symbol('countersign.leaving')

/**
 * Stands before the routes of a guarded application where they become routes of another one (`route`). Where that one has
 * the same gate it is passed over; nobody else would know what `paths` says of them, or whose tokens count.
 */
export function refuseElsewhere(gate: object): HonoHandler {
  const refuse: HonoHandler = async (_context, _next) => {
    throw new Error(
      'an application that protect() guards is inside of one that it does not guard for the same auth',
    )
  }
  return Object.assign(refuse, { [LEAVING]: gate })
}

/** The gate of an application that the routes from here on belong to. */
export function gateLeft({ handler }: Pick<RouterRoute, 'handler'>): object | undefined {
  return (targetOf(handler) as { readonly [LEAVING]?: object })[LEAVING]
}

/** The word of a guard, also of one inside of an application that was mounted with an error handler of its own. */
export function wordOfHandler(handler: unknown): Access | undefined {
  return wordOf(targetOf(handler as HonoHandler))
}

function targetOf(handler: HonoHandler): HonoHandler {
  const composed = (handler as { readonly __COMPOSED_HANDLER?: HonoHandler }).__COMPOSED_HANDLER
  return composed === undefined ? handler : targetOf(composed)
}

/**
 * Hono's router with the guards put in place among what it found: guard and router cannot see two paths, and a check
 * and the handler behind it are one step. What was found for a route is worked out once.
 */
export class GuardingRouter implements Router<Entry> {
  readonly #router: Router<Entry>
  readonly #checks: HonoChecks
  readonly #pathWord: FindPathWord
  readonly #isMounted: FindMount
  readonly #known = new WeakMap<readonly unknown[], Known>()
  readonly #places = new WeakMap<RouterRoute, CallSite | undefined>()

  constructor(router: Router<Entry>, checks: HonoChecks, pathWord: FindPathWord, isMounted: FindMount) {
    this.#router = router
    this.#checks = checks
    this.#pathWord = pathWord
    this.#isMounted = isMounted
  }

  get name(): string {
    return this.#router.name
  }

  add(method: string, path: string, entry: Entry): void {
    this.#places.set(entry[1], placeOfCaller())
    this.#router.add(method, path, entry)
  }

  /** Where a route was declared; undefined for one that was there before the guards. */
  placeOf(route: RouterRoute): CallSite | undefined {
    return this.#places.get(route)
  }

  match(method: string, path: string): Found {
    const found = this.#router.match(method, path)
    let known = this.#known.get(found[0])
    if (known === undefined) {
      known = this.#learn(found[0] as EntryRow[])
      this.#known.set(found[0], known)
    }
    // What the issuer has is a matter of this path; others come with the same entries.
    const issuer = known.leavesIssuer ? this.#checks.issuer(path) : undefined
    if (issuer === undefined) return withEntries(found, known.guarded)
    return withEntries(found, this.#withIssuer(found[0] as EntryRow[], issuer, method, path))
  }

  #learn(found: readonly EntryRow[]): Known {
    const entries = found.filter(([[, route]]) => gateLeft(route) !== this.#checks.gate)
    const answering = entries.filter(([[, route]]) => answers(route, this.#isMounted))
    return {
      guarded: this.#withEdge(this.#guard(entries)),
      leavesIssuer: answering.every(([[, { path }]]) => path.includes('*')),
    }
  }

  /** The issuer guards itself, so that only middleware that is no guard stands before it. */
  #withIssuer(entries: readonly EntryRow[], issuer: HonoHandler, method: string, path: string): Found[0] {
    const middleware = entries.filter(
      ([[handler, route]]) =>
        wordOfHandler(handler) === undefined &&
        gateLeft(route) === undefined &&
        !answers(route, this.#isMounted),
    )
    const route: RouterRoute = { basePath: '/', handler: issuer, method, path }
    return [...middleware, [[issuer, route], {}]] as Found[0]
  }

  #withEdge(entries: Found[0]): Found[0] {
    const { edge } = this.#checks
    if (edge === undefined) return entries
    return [everywhere(edge), ...(entries as EntryRow[])] as Found[0]
  }

  /** Every guard becomes one step with what follows it. */
  #guard(entries: readonly EntryRow[]): Found[0] {
    const rows: EntryRow[] = []
    // Middleware that stands before any word: what it answers is for whom the first one lets in.
    const ahead: number[] = []
    let first: { readonly access: Access | undefined; readonly row: number } | undefined
    // Words of `use` count for all that follows; those of a route for that route.
    const group: Access[] = []
    let checked: Access | undefined
    let due = false
    let current: RouterRoute | undefined
    // The guard of a route of which no handler has come yet: what comes first may be of another one.
    let owed: EntryRow | undefined
    const ask = (access: Access | undefined): void => {
      first ??= { access, row: rows.length }
      checked = access
      due = true
    }
    for (const [at, [[handler, route], params]] of entries.entries()) {
      const word = wordOfHandler(handler)
      // A guard that stands as a route of its own sees the variable parts of that.
      if (owed !== undefined && !sameRoute(owed[0][1], route)) {
        const [[, apart], its] = owed
        rows.push([[this.#checks.guarded(passOn, checked), apart], its])
        owed = undefined
        due = false
      }
      if (route.method === 'ALL' && word !== undefined) {
        group.push(word)
        ask(joinAccess(group))
        const plain = group.map(withoutRules)
        if (plain.at(-1) === word) continue
        // Its rules look at the path of the group: what follows may use the same name for another part of it.
        rows.push([[this.#checks.guarded(passOn, checked), route], paramsFrom(entries, at)])
        group.splice(0, group.length, ...plain)
        ;[checked, due] = [joinAccess(group), false]
        continue
      }
      const own = route.method !== 'ALL' && !sameRoute(current, route) ? ownWords(entries, route) : undefined
      if (own !== undefined) {
        current = route
        const access = joinAccess([...group, ...own]) ?? this.#pathWord(route.method, route.path)
        // A rule looks at the variable parts of this path: what it said of those of another route is nothing to it.
        if (access !== checked || access === undefined || hasRules(access)) ask(access)
      } else if (route.method === 'ALL' && group.length === 0) {
        const access = this.#pathWord('ALL', route.path)
        if (access !== undefined || answers(route, this.#isMounted)) ask(access)
      }
      if (word !== undefined) {
        if (due) owed = [[handler, route], params]
        continue
      }
      if (first === undefined) ahead.push(rows.length)
      const step = due ? this.#checks.guarded(handler, checked) : handler
      due = false
      owed = undefined
      rows.push([[step, route], params])
    }
    const last = entries.at(-1)
    if (due && last !== undefined) {
      const [[, route], params] = owed ?? last
      rows.push([[this.#checks.guarded(passOn, checked), route], params])
    }
    for (const at of ahead) {
      const [[handler, route], params] = rows[at] as EntryRow
      const distance = first === undefined ? 0 : first.row - at
      rows[at] = [[this.#checks.ahead(handler, first?.access, distance), route], params]
    }
    // Also before the not-found handler, which may answer like a route.
    return (first === undefined ? [everywhere(this.#checks.silent), ...rows] : rows) as Found[0]
  }
}

type EntryRow = [Entry, Found[0][number][1]]

/** What was worked out for all that comes with the same entries. */
interface Known {
  readonly guarded: Found[0]
  /** Whether no route names the path without a `*`: then an endpoint of the issuer comes first. */
  readonly leavesIssuer: boolean
}

function sameRoute(one: RouterRoute | undefined, other: RouterRoute): boolean {
  return one?.method === other.method && one.path === other.path
}

/** The words among the handlers of one route, wherever they stand: they are checked before its first handler. */
function ownWords(entries: readonly EntryRow[], route: RouterRoute): Access[] {
  return entries.flatMap(
    ([[handler, other]]) => (sameRoute(route, other) ? wordOfHandler(handler) : undefined) ?? [],
  )
}

const passOn: HonoHandler = (_, next) => next()

/**
 * The variable parts that a handler sees, and those of what stands behind it: a group for all paths names none itself. A
 * name that stands for two parts there tells nothing.
 */
function paramsFrom(entries: readonly EntryRow[], at: number): EntryRow[1] {
  const [[, own], ...behind] = entries.slice(at) as [EntryRow, ...EntryRow[]]
  const parts = behind.flatMap(([, params]) => Object.entries(params))
  const plain = parts.filter(([name, part]) => parts.every(([other, its]) => other !== name || its === part))
  return { ...Object.fromEntries(plain), ...own } as EntryRow[1]
}

/** An entry for all paths. */
function everywhere(handler: HonoHandler): EntryRow {
  return [[handler, { basePath: '/', handler, method: 'ALL', path: '*' }], {}]
}

function withEntries(found: Found, entries: Found[0]): Found {
  return [entries, found[1]] as Found
}
