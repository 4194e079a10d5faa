import { createHmac } from 'node:crypto'
import type { Origin } from '../../audit/events.ts'
import type { Clock } from '../../base/clock.ts'
import { equalInConstantTime } from '../../base/constant-time.ts'
import { placeOf } from '../../base/network.ts'
import type { Random } from '../../base/random.ts'
import { loginKey } from '../../model/account-name.ts'
import type { User } from '../../model/user.ts'
import type { UserVerbs } from '../../store/users.ts'
import { createStandingMemory } from './standing-memory.ts'

/** Name and password, as a person presents them with every request. */
export interface PresentedPassword {
  readonly login: string
  readonly password: string
  readonly origin: Origin
}

export interface ProvenPasswords {
  /** Whose they are. Throws what `prove` throws. */
  userOf(presented: PresentedPassword): Promise<User>
}

export interface ProvenPasswordsParts {
  readonly store: Pick<UserVerbs, 'findAccount'>
  /** Compares with the stored hash: counted by the throttle, in the queue. */
  readonly prove: (presented: PresentedPassword) => Promise<User>
  readonly clock: Clock
  readonly random: Random
  readonly realm: string
}

const GOOD_FOR_MILLISECONDS = 60_000
const KEY_BYTES = 32

interface Proven {
  readonly proof: Uint8Array
  readonly userId: string
  readonly epoch: number
}

/**
 * Spares whoever sends a password with every request the slow hash, and nothing else (PROTOCOL 5.2): a password that was
 * right counts for a minute more, as long as the database says, on every request, that the name is still of that account
 * and that no credential of it was made void. Kept is an HMAC under a key that this process made for itself. Only
 * successes are kept; of equal tries at once one is hashed.
 *
 * A guess from elsewhere meets nothing here, and one from the same place wipes out what was kept: else somebody who is
 * being slowed down could guess on for as long as the owner is at work.
 */
export function createProvenPasswords(parts: ProvenPasswordsParts): ProvenPasswords {
  const { store, prove, clock, random, realm } = parts
  const key = random(KEY_BYTES)
  const memory = createStandingMemory<Proven>({ clock, goodForMilliseconds: GOOD_FOR_MILLISECONDS })
  const underWay = new Map<string, Promise<User>>()
  const digest = (...words: readonly string[]) =>
    createHmac('sha256', key).update(JSON.stringify(words)).digest()

  /** Undefined where it has to be proven anew. */
  const recall = async (place: string, name: string, proof: Uint8Array): Promise<User | undefined> => {
    const known = memory.find(place, memory.now())
    if (known === undefined) return undefined
    if (equalInConstantTime(known.proof, proof)) {
      const user = (await store.findAccount(name))?.user
      if (user?.id === known.userId && user.epoch === known.epoch) return user
    }
    memory.forget(place)
    return undefined
  }

  return {
    async userOf(presented) {
      const name = loginKey(presented.login)
      const place = digest('place', name, placeOf(presented.origin.address) ?? '').toString('base64')
      const proof = digest('proof', name, realm, presented.password)
      const known = await recall(place, name, proof)
      if (known !== undefined) return known

      const attempt = place + proof.toString('base64')
      const shared = underWay.get(attempt)
      if (shared !== undefined) return shared
      const asked = memory.now()
      const proving = prove(presented)
        .then((user) => {
          memory.keep(place, { proof, userId: user.id, epoch: user.epoch }, asked)
          return user
        })
        .finally(() => underWay.delete(attempt))
      underWay.set(attempt, proving)
      return proving
    },
  }
}
