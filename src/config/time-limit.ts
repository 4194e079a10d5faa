/** How long somebody else's code may take before the start is given up: a vault that answers at all does so sooner. */
export const LIMIT_SECONDS = 10

/**
 * What the work comes to, unless it takes too long: then the signal it was handed is aborted and an Error thrown. Work
 * that ignores the signal goes on, unheard.
 */
export async function withinTime<Result>(
  work: (signal: AbortSignal) => Result | Promise<Result>,
  limitSeconds: number,
): Promise<Result> {
  const controller = new AbortController()
  const { signal } = controller
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`took longer than ${limitSeconds} seconds`)
      reject(error)
      controller.abort(error)
    }, limitSeconds * 1000)
  })
  try {
    return await Promise.race([work(signal), over])
  } finally {
    clearTimeout(timer)
  }
}
