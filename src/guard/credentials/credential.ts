import type { Refusal } from '../../errors/refusal.ts'
import type { GuardRequest } from '../../model/guard-request.ts'
import type { CredentialName, Principal } from '../../model/principal.ts'

/** A way for requests to say who they are. Reading finds it in the request, verifying proves it. */
export interface Credential {
  readonly name: CredentialName
  /**
   * The text presented; undefined if this credential is not there; a refusal if it is there but unreadable. Several
   * of them stand in the Authorization header, which is looked for once.
   */
  read(request: GuardRequest, authorization: string | undefined): string | Refusal | undefined
  /** `request` is for those to whom it matters where it comes from. */
  verify(text: string, request: GuardRequest): Principal | Refusal | Promise<Principal | Refusal>
  /** To prove it costs so much that it is not even tried for a route that does not take it. */
  readonly isCostly?: true
  /** A browser adds it by itself. */
  readonly isAmbient?: true
  /** Beside it, what a browser adds by itself is not looked at. */
  readonly excusesAmbient?: true
}
