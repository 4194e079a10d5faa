export type { Actor, AuditEvent, EventName, Origin } from './audit/events.ts'
export type { Auth, AuthTransaction, Checked } from './auth.ts'
export { type AuthOptions, type ConfigFile, defineConfig, type Fields } from './auth-options.ts'
export type { Clock } from './base/clock.ts'
export type { Logger } from './base/logger.ts'
export type { Random } from './base/random.ts'
export type { ClientChange, ClientOffer, RegisteredClient, SecretRotation } from './clients/clients.ts'
export { ConfigError, type ConfigProblem } from './config/config-error.ts'
export { createAuth } from './create-auth.ts'
export type { RequestInfo } from './endpoints/arrival.ts'
export { AuthError } from './errors/auth-error.ts'
export type { Cause, ClientCode } from './errors/codes.ts'
export { type FieldProblem, Refusal } from './errors/refusal.ts'
export { RefusalAnswer } from './errors/refusal-answer.ts'
export type { Explainable, Explanation, Refusals } from './explain.ts'
export type { TokenAnswer } from './grants/mint.ts'
export type { TokenBounds } from './grants/own-token.ts'
export { credential, type OwnCredential, type OwnPrincipal } from './guard/credentials/own.ts'
export type { Admission, Gate, Gated } from './guard/gate.ts'
export type { RequestFacts } from './guard/guard-request.ts'
export type { RefusalView, RenderRefusal } from './http/error-response.ts'
export type { RefusalReport } from './http/refuser.ts'
export type { NewAccount } from './login/accounts.ts'
export {
  type HookOrigin,
  type Hooks,
  type Registration,
  type ReuseReport,
  refuse,
  type TokenUse,
} from './login/hooks.ts'
export type { ForeignUser, OwnUsers } from './login/own-users.ts'
export {
  Access,
  type AccessLimit,
  anyone,
  limited,
  needs,
  type Requirement,
  signedIn,
} from './model/access.ts'
export { type Client, type ClientAuthMethod, FIRST_PARTY } from './model/client.ts'
export type { GuardRequest } from './model/guard-request.ts'
export type { Principal } from './model/principal.ts'
export type { ProfileSchema } from './model/profile.ts'
export type { Session } from './model/session.ts'
export type { User } from './model/user.ts'
export { sqlite } from './store/sqlite/index.ts'
export type { Store } from './store/store.ts'
export type { RestoreReport } from './wiring/declare-restored.ts'
