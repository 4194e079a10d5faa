import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Target } from './target.ts'

/** Milliseconds. */
export interface Times {
  readonly p50: number
  readonly p99: number
}

const CONNECTIONS = 16
/** Whoever waits longer has gone away; it counts as this long, and as no answer. */
const LATE_MILLISECONDS = 10_000

/** So many requests a second, whether or not the ones before are answered: what somebody waits who comes by chance. */
export async function askAtRate(target: Target, perSecond: number, milliseconds: number): Promise<Times> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const times: number[] = []
  const began = performance.now()
  const under: Promise<void>[] = []
  for (let count = 0; count < (milliseconds * perSecond) / 1000; count += 1) {
    await wait(Math.max(0, began + (count * 1000) / perSecond - performance.now()))
    under.push(ask(target, agent).then((took) => void times.push(took)))
  }
  await Promise.all(under)
  agent.destroy()
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99) }
}

/** As many as are answered over a few connections that are always busy. Requests a second. */
export async function askWithoutRest(target: Target, milliseconds: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const began = performance.now()
  let count = 0
  const work = async (): Promise<void> => {
    while (performance.now() - began < milliseconds) {
      if ((await ask(target, agent)) < LATE_MILLISECONDS) count += 1
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
  agent.destroy()
  return (count * 1000) / (performance.now() - began)
}

/** So many requests over the same connections. */
export async function askTimes(target: Target, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  let left = count
  const work = async (): Promise<void> => {
    while (left-- > 0) await ask(target, agent)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
  agent.destroy()
}

/** Milliseconds until the whole answer, at most `LATE_MILLISECONDS`. Rejects on any other answer than 200. */
function ask({ port, checked }: Pick<Target, 'port' | 'checked'>, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const options = { agent, port, host: '127.0.0.1', path: checked.path, headers: checked.headers }
    const sent = request({ ...options, timeout: LATE_MILLISECONDS }, (answer) => {
      answer.resume().on('end', () => {
        if (answer.statusCode === 200) resolve(performance.now() - began)
        else reject(new Error(`the checked route answered ${answer.statusCode}`))
      })
    })
    sent.on('timeout', () => {
      resolve(LATE_MILLISECONDS)
      sent.destroy()
    })
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The server had just ended a connection that nobody used for a while (RFC 9112 section 9.3.1).
      if (sent.reusedSocket && error.code === 'ECONNRESET')
        ask({ port, checked }, agent).then(resolve, reject)
      else reject(error)
    })
    sent.end()
  })
}
