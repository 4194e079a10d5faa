import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { ClusterPlace } from '../cluster-place.ts'
import { type Fault, OFTEN } from '../fault.ts'

const CONNECTIONS = 1500
const AT_ONCE = 100
/** Half of them say nothing at all, the others stop in the middle of a header. */
const HALF_A_REQUEST = 'POST /token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le'

const storms = new WeakMap<ClusterPlace, Socket[]>()

/** More connections than anybody has use for, kept open; then all of them are gone at once. */
const storm: Fault<ClusterPlace> = {
  name: 'connection-storm',
  counts: OFTEN,
  lastsMilliseconds: 3000,
  async begin(place, _, ledger) {
    const sockets: Socket[] = []
    storms.set(place, sockets)
    for (let number = 0; number < CONNECTIONS; number += 1) {
      const node = place.nodes[number % place.nodes.length]
      const socket = connect(node?.port ?? 0, '127.0.0.1')
      socket.on('error', () => undefined)
      if (number % 2 === 0) socket.once('connect', () => socket.write(HALF_A_REQUEST))
      sockets.push(socket)
      if (number % AT_ONCE === 0) await pause(5)
    }
    ledger.noteLargest('connections at once', sockets.filter(({ destroyed }) => !destroyed).length)
  },
  async end(place) {
    for (const socket of storms.get(place) ?? []) socket.destroy()
  },
}

export const stormFaults = [storm]
