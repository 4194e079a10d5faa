import type { Rule } from '../rule.ts'
import { apiDocumentRules } from './api-document.ts'
import { browserRules } from './browser.ts'
import { clientRules } from './clients.ts'
import { codeFlowRules } from './code-flow.ts'
import { criticalRules, formatRules } from './format.ts'
import { issuerRules } from './issuer.ts'
import { keyRules } from './keys.ts'
import { limitRules } from './limits.ts'
import { permissionRules } from './permission.ts'
import { proxyRules } from './proxy.ts'
import { refreshRules } from './refresh.ts'
import { replicaRules } from './replicas.ts'
import { acceptedThoughEndedRules, revocationRules } from './revocation.ts'
import { socketRules } from './sockets.ts'
import { expiryRules, timeRules } from './time.ts'
import { transportRules } from './transport.ts'
import { userRules } from './users.ts'
import { lastWiringRules, wiringRules } from './wiring.ts'

/**
 * Every rule, in the order in which a request meets what they ask about: the way to the service first, then form,
 * signature, claims, permission. What stands further up hides what stands below.
 */
export const allRules: readonly Rule[] = [
  ...proxyRules,
  ...socketRules,
  ...codeFlowRules,
  ...clientRules,
  ...transportRules,
  ...browserRules,
  ...formatRules,
  ...criticalRules,
  ...replicaRules,
  ...keyRules,
  ...timeRules,
  ...issuerRules,
  ...acceptedThoughEndedRules,
  ...revocationRules,
  ...userRules,
  ...refreshRules,
  ...permissionRules,
  ...expiryRules,
  ...limitRules,
  ...wiringRules,
  ...apiDocumentRules,
  ...lastWiringRules,
]
