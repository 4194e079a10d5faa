import { createHash } from 'node:crypto'
import { toSeconds } from '../base/clock.ts'
import { BROWSER_SESSION } from '../grants/browser-session.ts'
import { grants } from '../grants/pipeline.ts'
import { createMeters, type Meters } from '../telemetry/meters.ts'
import type { NodeFacts } from '../telemetry/refusal-facts.ts'
import { createRefusalLog, type RefusalLog } from '../telemetry/refusal-log.ts'
import type { Ground } from './ground.ts'
import { signingSecretsFor } from './signing-secrets.ts'

export interface Telemetry {
  readonly meters: Meters
  readonly refusalLog: RefusalLog
  readonly node: NodeFacts
}

/** What this process remembers of its refusals. */
export function wireTelemetry(ground: Ground): Telemetry {
  const { settings, store, clock, logger, secretKeys } = ground
  const keys = signingSecretsFor(settings, secretKeys)?.fingerprints ?? secretKeys.fingerprints
  const told = [
    settings.issuer,
    settings.audience,
    settings.jwtAlgorithm,
    settings.trustedProxies,
    ...secretKeys.fingerprints,
    ...keys,
  ]
  const node: NodeFacts = {
    node: ground.node,
    startedAt: toSeconds(clock.now()),
    config: createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 12),
    key: keys.join(' '),
  }
  const meters = createMeters([...grants.map(({ type }) => type), BROWSER_SESSION])
  return { meters, node, refusalLog: createRefusalLog({ refusals: store.refusals, node, clock, logger }) }
}
