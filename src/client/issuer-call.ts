import type { Heard } from './answers.ts'
import type { Surroundings } from './surroundings.ts'

/** Shorter than the window in which the server takes a repeat for a repeat (10 s): what comes later is dropped. */
export const DEADLINE_MILLISECONDS = 8000

/** An answer, and what it told of the clocks. */
export interface IssuerAnswer extends Heard {
  /** The server's clock minus ours; undefined if it did not say what time it is. */
  readonly ahead: number | undefined
  readonly tookMilliseconds: number
}

/** Below this a difference is only the whole seconds in which a server tells the time, and the way. */
const NOTICED_MILLISECONDS = 2000

/**
 * Asks an endpoint of the issuer. Never rejects, follows no redirect, sends no cookie. What has not come whole before the
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
  const lost = () => ({ status: 0, ahead: undefined, tookMilliseconds: took() })
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), DEADLINE_MILLISECONDS)
  try {
    const response = await fetch(address, {
      method: 'POST',
      body: new URLSearchParams(parameters),
      ...more,
      headers: { ...headers, accept: 'application/json' },
      redirect: 'manual',
      credentials: 'omit',
      cache: 'no-store',
      signal: controller.signal,
    })
    const { status, type } = response
    const redirected = type === 'opaqueredirect' || (status >= 300 && status < 400)
    const text = redirected ? '' : await response.text()
    if (took() > DEADLINE_MILLISECONDS) return lost()
    return {
      status: status || 302,
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

export function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Of an answer that may break off. */
export function textOf(response: Response): Promise<string> {
  return response.text().catch(() => '')
}

/** How far a server's clock is ahead of ours, by its `Date`. Small differences are none. */
export function aheadOf(date: string | null, now: number): number | undefined {
  // A server tells whole seconds, so it is half a second later on the average.
  const ahead = Date.parse(date ?? '') + 500 - now
  if (Number.isNaN(ahead)) return undefined
  return Math.abs(ahead) < NOTICED_MILLISECONDS ? 0 : ahead
}
