import { decision, model } from './model.ts'
import type { Torture } from './torture.ts'

/** All of them, in the order in which a full run goes through them. */
export const tortures: readonly Torture[] = [decision, model]
