import type { Heard } from './answers.ts'
import type { Surroundings } from './surroundings.ts'

/** Shorter than the window in which the server takes a repeat for a repeat (10 s): what comes later is dropped. */
export const DEADLINE_MILLISECONDS = 8000

/** An answer, and what it told of the clocks. */
export interface IssuerAnswer extends Heard {
  /** The server's clock minus ours; undefined if it did not say what time it is. */
  readonly ahead?: number | undefined
  readonly tookMilliseconds: number
}

/** Below this a difference is only the whole seconds in which a server tells the time, and the way. */
const NOTICED_MILLISECONDS = 2000

/** No refusal is longer. Characters. */
const LONGEST_REFUSAL = 65_536

/**
 * Asks an endpoint of the issuer. Never rejects, follows no redirect, sends no cookie unless told to. What has not come whole before the
 * deadline has not come, whatever a sleeping timer says.
 */
export async function askIssuer(
  { fetch, now, elapsed }: Surroundings,
  address: string,
  parameters: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
  more: RequestInit = {},
): Promise<IssuerAnswer> {
  const began = { now: now(), elapsed: elapsed() }
  const took = () => Math.max(now() - began.now, elapsed() - began.elapsed)
  const lost = () => ({ status: 0, tookMilliseconds: took() })
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), DEADLINE_MILLISECONDS)
  try {
    const response = await fetch(address, {
      method: 'POST',
      body: new URLSearchParams(parameters),
      credentials: 'omit',
      ...more,
      headers: { ...headers, accept: 'application/json' },
      redirect: 'manual',
      cache: 'no-store',
      signal: controller.signal,
    })
    const { status } = response
    // Browsers show a redirect that is not followed as status 0.
    const redirected = status < 200 || (status >= 300 && status < 400)
    const text = redirected ? '' : await response.text()
    if (took() > DEADLINE_MILLISECONDS) return lost()
    return {
      status,
      redirected,
      body: readObject(text),
      retryAfter: response.headers.get('retry-after'),
      ahead: aheadOf(response.headers.get('date'), now()),
      tookMilliseconds: took(),
    }
  } catch {
    return lost()
  } finally {
    clearTimeout(timer)
  }
}

/** The members of a JSON object, each still to be looked at. Other JSON has none of those that anybody asks for. */
export function readObject(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) ?? undefined
  } catch {
    return undefined
  }
}

/**
 * What an answer says, for a look: the caller may still read it. Of one that breaks off, is longer than a refusal or has not
 * ended before the deadline it is what has come.
 */
export async function textOf(response: Response): Promise<string> {
  const copy = response.clone()
  const reader = copy.body?.getReader()
  // Nothing, or a place without streams, which has read it whole.
  if (!reader) return copy.text()
  const leave = () => reader.cancel().catch(() => undefined)
  const timer = setTimeout(leave, DEADLINE_MILLISECONDS)
  const decoder = new TextDecoder()
  let text = ''
  try {
    while (text.length < LONGEST_REFUSAL) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
    }
  } catch {
    // It broke off.
  }
  clearTimeout(timer)
  void leave()
  return text
}

/** How far a server's clock is ahead of ours, by its `Date`. Small differences are none. */
export function aheadOf(date: string | null, now: number): number | undefined {
  // A server tells whole seconds, so it is half a second later on the average.
  const ahead = Date.parse(date ?? '') + 500 - now
  if (Number.isNaN(ahead)) return undefined
  return Math.abs(ahead) < NOTICED_MILLISECONDS ? 0 : ahead
}
