import { setFlagsFromString } from 'node:v8'

/**
 * Keeps the space for new objects as small as it is, and answers how to let it grow again. V8 doubles it whenever as much
 * has outlived it as it holds, and what is loaded at a start is there to stay: the start alone would end with the largest
 * there is, some 10 MB of it in use for nothing. Work that makes much at once needs the room.
 */
export function holdYoungSpace(): () => void {
  setFlagsFromString('--semi-space-growth-factor=1')
  return () => setFlagsFromString('--semi-space-growth-factor=2')
}
