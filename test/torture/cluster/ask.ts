import type { Seen } from './referee.ts'
import type { Cluster } from './worker.ts'

/** Longer than any wait of a server, shorter than what hangs. */
const PATIENCE_MILLISECONDS = 20_000

/** Servers by their addresses, which stay as they are however often one is started again. */
export function clusterAt(urls: readonly string[]): Cluster {
  return clusterOf(urls.length, (node, path, init) =>
    fetch(urls[node] + path, { ...init, signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) }),
  )
}

/** Whatever answers requests, with the time of each. Milliseconds. */
export function clusterOf(
  nodes: number,
  answer: (node: number, path: string, init: RequestInit) => Promise<Response>,
  now: () => number = () => performance.now(),
): Cluster {
  return {
    nodes,
    async ask(node, path, init): Promise<Seen> {
      const sentAt = now()
      const seen = (status: number | undefined, text: string): Seen => ({
        node,
        sentAt,
        answeredAt: now(),
        status,
        text,
      })
      try {
        const response = await answer(node, path, init)
        return seen(response.status, await response.text())
      } catch (error) {
        return seen(undefined, String(error))
      }
    },
  }
}
