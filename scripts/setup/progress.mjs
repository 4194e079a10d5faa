/** @typedef {{ isTTY?: boolean, write(text: string): unknown }} Output */

const FRAMES = ['|', '/', '-', '\\']
const FRAME_MILLISECONDS = 120
const REMINDER_MILLISECONDS = 10_000

/**
 * Says what is going on while it takes time: on a terminal one line that is rewritten, elsewhere a line at the start,
 * a reminder every ten seconds and a line at the end. Written to standard error, so that the output of the program
 * behind stays clean.
 * @param {Output} [output]
 */
export function createProgress(output = process.stderr) {
  /** @type {Map<string, number>} */
  const running = new Map()
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  let frame = 0
  const clearLine = () => output.isTTY && output.write('\r\x1b[2K')
  /** @param {number} since */
  const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`

  const draw = () => {
    const parts = [...running].map(([what, since]) => `${what} (${seconds(since)})`)
    if (!output.isTTY) return parts.forEach((part) => void output.write(`  still ${part}\n`))
    frame = (frame + 1) % FRAMES.length
    output.write(`\r\x1b[2K${FRAMES[frame]} ${parts.join(', ')}`)
  }

  return {
    /**
     * @template T
     * @param {string} what present participle: "installing packages"
     * @param {() => Promise<T>} work
     * @returns {Promise<T>}
     */
    async during(what, work) {
      const since = performance.now()
      running.set(what, since)
      if (!output.isTTY) output.write(`${what} ...\n`)
      timer ??= setInterval(draw, output.isTTY ? FRAME_MILLISECONDS : REMINDER_MILLISECONDS)
      let ended = 'failed after'
      try {
        const result = await work()
        ended = 'done in'
        return result
      } finally {
        running.delete(what)
        clearLine()
        output.write(`${what}: ${ended} ${seconds(since)}\n`)
        if (running.size === 0) {
          clearInterval(timer)
          timer = undefined
        }
      }
    },
    /** @param {string} line */
    say(line) {
      clearLine()
      output.write(`${line}\n`)
    },
  }
}

/** @typedef {ReturnType<typeof createProgress>} Progress */
