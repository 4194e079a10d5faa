import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** Both halves of it. More made no request quicker, and what was once taken stays with the process. */
const ENOUGH_BYTES = 8 * 1024 * 1024

/**
 * Keeps the space for new objects as small as it is, and answers how to let it grow again, to what is enough. V8 doubles it
 * whenever as much has outlived it as it holds, and what is loaded at a start is there to stay: the start alone would end with
 * the largest there is, some 10 MB of it in use for nothing.
 */
export function holdYoungSpace(): () => void {
  stopGrowing()
  return () => {
    setFlagsFromString('--semi-space-growth-factor=2')
    const collections = new PerformanceObserver(() => {
      if (youngSpaceBytes() < ENOUGH_BYTES) return
      collections.disconnect()
      stopGrowing()
    })
    collections.observe({ entryTypes: ['gc'] })
  }
}

function stopGrowing(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}

function youngSpaceBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0
}
