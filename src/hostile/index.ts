import { algNone } from './alg-none.ts'
import { expired } from './expired.ts'
import { foreignKey } from './foreign-key.ts'
import type { Idea } from './idea.ts'
import { malformed } from './malformed.ts'
import { noExpiry } from './no-expiry.ts'
import { notYetValid } from './not-yet-valid.ts'
import { publicKeyAsSecret } from './public-key-as-secret.ts'
import { publishedSecret } from './published-secret.ts'
import { staleSignIn } from './stale-sign-in.ts'
import { tamperedPayload } from './tampered-payload.ts'
import { tamperedSignature } from './tampered-signature.ts'
import { unknownCritical } from './unknown-critical.ts'
import { wrongAudience } from './wrong-audience.ts'
import { wrongIssuer } from './wrong-issuer.ts'
import { wrongRole } from './wrong-role.ts'
import { wrongScope } from './wrong-scope.ts'
import { wrongType } from './wrong-type.ts'

/** Every idea, those first that need the least. */
export const ideas: readonly Idea[] = [
  malformed,
  algNone,
  publishedSecret,
  foreignKey,
  publicKeyAsSecret,
  tamperedSignature,
  tamperedPayload,
  expired,
  noExpiry,
  notYetValid,
  wrongAudience,
  wrongIssuer,
  wrongType,
  unknownCritical,
  wrongScope,
  wrongRole,
  staleSignIn,
]
