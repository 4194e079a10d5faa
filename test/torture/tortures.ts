import { clientTabs } from './client-tabs.ts'
import { faults } from './cluster-faults.ts'
import { crashImages } from './crash-images.ts'
import { crashPostgres } from './crash-postgres.ts'
import { crashSqlite } from './crash-sqlite.ts'
import { failOver } from './fail-over.ts'
import { lateCommit } from './late-commit.ts'
import { decision, model } from './model.ts'
import { nthCall } from './nth-call.ts'
import { partition } from './partition.ts'
import { race } from './race.ts'
import { soak } from './soak.ts'
import { stopped } from './stopped.ts'
import type { Torture } from './torture.ts'

/** All of them, in the order in which a full run goes through them. */
export const tortures: readonly Torture[] = [
  decision,
  race,
  partition,
  failOver,
  faults,
  lateCommit,
  stopped,
  model,
  nthCall,
  clientTabs,
  crashImages,
  crashSqlite,
  crashPostgres,
  soak,
]
