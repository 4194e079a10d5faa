/** Runs something later, once, unless the function it answers with is called before. Handed in, like a clock. */
export type Schedule = (action: () => void, delayMilliseconds: number) => () => void

/** A timer that does not keep the process alive. */
export const backgroundTimer: Schedule = (action, delayMilliseconds) => {
  const timer = setTimeout(action, delayMilliseconds)
  // In workers it is a number, and keeps nobody alive.
  timer.unref?.()
  return () => clearTimeout(timer)
}
