import { isDeepStrictEqual } from 'node:util'
import type { Request } from 'express'
import type { Gate } from '../guard/gate.ts'
import type { Access } from '../model/access.ts'
import { hasRules, joinAccess } from '../model/access-join.ts'
import type { GuardRequest } from '../model/guard-request.ts'

/** The property of a request that all guards share. */
const STANDING = Symbol('countersign.standing')

type Guarded = { [STANDING]?: Standing }

/** What of a request a word was met with. */
type Asked = Pick<Request, 'method' | 'params'>

/** A word that was met. `params` are kept where its rules have looked at them. */
interface Met {
  readonly access: Access | undefined
  readonly method: string
  readonly params: GuardRequest['params'] | undefined
}

const NO_GUARDS: ReadonlySet<unknown> = new Set()

/** How far a request has come, for one gate: what another one has let in is nothing to it. */
export class Standing {
  readonly gate: Gate
  readonly others: Standing | undefined
  /** The words of the groups that the request is inside of, as routers are entered and left. */
  group: readonly Access[] = []
  /** The guards of the route that it is inside of, whose words it has met; undefined outside of all routes. */
  guards: ReadonlySet<unknown> | undefined
  #met: Met | undefined

  constructor(gate: Gate, others: Standing | undefined) {
    this.gate = gate
    this.others = others
  }

  /** Of a group. What the guards of a route said is then no longer what was said last. */
  enter(group: readonly Access[], asked: Asked): void {
    this.group = group
    if (this.guards !== undefined) this.guards = NO_GUARDS
    this.meet(joinAccess(group), asked)
  }

  /** Keeps the variable parts as they are now: a handler may change them. */
  meet(access: Access | undefined, { method, params }: Asked): void {
    const looked = access !== undefined && hasRules(access)
    this.#met = { access, method, params: looked ? ({ ...params } as GuardRequest['params']) : undefined }
  }

  /**
   * Whether this word was met last, by what the request asks for now. Another method or, for its rules, other variable
   * parts would be another question: routes follow each other, and addresses are rewritten.
   */
  hasMet(access: Access | undefined, asked: Asked): boolean {
    return access !== undefined && this.#met?.access === access && this.isSame(asked)
  }

  /** Whether what was met last is still what the request asks for. */
  isSame({ method, params }: Asked): boolean {
    const met = this.#met
    if (met?.access === undefined || met.method !== method) return false
    return met.params === undefined || isDeepStrictEqual(met.params, { ...params })
  }
}

export function standingOf(request: object, gate: Gate): Standing {
  const found = findStanding(request, gate)
  if (found !== undefined) return found
  const guarded = request as Guarded
  guarded[STANDING] = new Standing(gate, guarded[STANDING])
  return guarded[STANDING]
}

/**
 * Whether it came by applications that others guard, and by none of this gate: one router may be part of several, as in
 * tests that make the application anew each time.
 */
export function isElsewhere(request: object, gate: Gate): boolean {
  return (request as Guarded)[STANDING] !== undefined && findStanding(request, gate) === undefined
}

function findStanding(request: object, gate: Gate): Standing | undefined {
  let standing = (request as Guarded)[STANDING]
  while (standing !== undefined && standing.gate !== gate) standing = standing.others
  return standing
}
