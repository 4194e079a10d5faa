import { inClone } from '../scripts/setup/places.mjs'

/**
 * Where the compiler finds the types of each door: as this run has built them, which is what an application is compiled
 * with, and takes a fraction of the time that our sources take.
 */
export const BUILT_TYPES = {
  countersign: [inClone('dist', 'index.d.ts')],
  'countersign/*': [inClone('dist', '*.d.ts')],
}
