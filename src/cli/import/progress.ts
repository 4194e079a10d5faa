const WIDTH = 24
const EVERY_MILLISECONDS = 100

/** One line that is written over and over on a terminal; elsewhere nothing. */
export interface Progress {
  show(done: number, count: number): void
  end(): void
}

export function createProgress(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>): Progress {
  if (!stream.isTTY) return { show: () => undefined, end: () => undefined }
  const began = performance.now()
  let shown = 0
  return {
    show(done, count) {
      const now = performance.now()
      if (now - shown < EVERY_MILLISECONDS) return
      shown = now
      const full = Math.round(done * WIDTH)
      const rate = Math.round(count / ((now - began) / 1000))
      const bar = `${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}`
      stream.write(
        `\r[${bar}] ${Math.floor(done * 100)} %  ${count.toLocaleString('en')} users  ${rate}/s\u001b[K`,
      )
    },
    end: () => void stream.write('\r\u001b[K'),
  }
}
