/**
 * The flood, in a process of its own: so many wrong passwords a second, from two thousand addresses, half of them for
 * accounts that are there, whether or not they are answered. Takes what it needs as one line, prints what came of it.
 */
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'
import { bodyOf } from './sign-in.ts'
import { ACCOUNTS, emailOf, type Served } from './target.ts'

const PLACES = 2000
const MOST_OPEN = 1500
const LATE_MILLISECONDS = 10_000

const [line] = await once(createInterface({ input: process.stdin }), 'line')
const { served, perSecond, milliseconds } = JSON.parse(line) as {
  served: Served
  perSecond: number
  milliseconds: number
}
const agent = new Agent({ keepAlive: true, maxSockets: MOST_OPEN })
const answers: Record<string, number> = {}
const note = (what: string): void => {
  answers[what] = (answers[what] ?? 0) + 1
}
let open = 0

function attempt(number: number): void {
  if (open >= MOST_OPEN) {
    note('not sent')
    return
  }
  open += 1
  const place = number % PLACES
  const person = number % (2 * ACCOUNTS)
  const login = person < ACCOUNTS ? emailOf(person) : `nobody${number}@example.com`
  const body = bodyOf(served.signIn, login, 'not the password')
  const sent = request({
    agent,
    port: served.port,
    host: '127.0.0.1',
    method: 'POST',
    path: served.signIn.path,
    headers: {
      ...body.headers,
      'x-forwarded-for': `10.${1 + (place >> 8)}.${place & 255}.${1 + (place % 250)}`,
    },
    timeout: LATE_MILLISECONDS,
  })
  const end = (what: string): void => {
    open -= 1
    note(what)
  }
  sent.on('response', (answer) => {
    answer.resume().on('end', () => end(String(answer.statusCode)))
  })
  sent.on('timeout', () => sent.destroy())
  sent.on('error', () => end('no answer'))
  sent.end(body.text)
}

const began = performance.now()
let count = 0
const timer = setInterval(() => {
  const passed = Math.min(performance.now() - began, milliseconds)
  for (const due = Math.floor((passed * perSecond) / 1000); count < due; count += 1) attempt(count)
  if (passed < milliseconds) return
  clearInterval(timer)
  const left = setInterval(() => {
    if (open > 0) return
    clearInterval(left)
    process.stdout.write(`${JSON.stringify(answers)}\n`, () => process.exit(0))
  }, 50)
}, 5)
