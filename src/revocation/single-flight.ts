const nothing = (): void => undefined

/**
 * One run at a time. Whoever asks while one is under way gets the next one, which all who wait share: the one under
 * way may have looked before whatever they ask about had happened.
 */
export function createSingleFlight<Result>(run: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined
  let next: Promise<Result> | undefined

  const begin = (): Promise<Result> => {
    running = run().finally(() => {
      running = undefined
    })
    return running
  }
  return () => {
    if (next !== undefined) return next
    if (running === undefined) return begin()
    next = running.then(nothing, nothing).then(() => {
      next = undefined
      return begin()
    })
    return next
  }
}
