import type { Clock } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import type { Random } from './base/random.ts'
import type { SecretSources } from './config/offer.ts'
import type { BuiltInScope } from './config/settings/permissions.ts'
import type { SettingsInput } from './config/settings.ts'
import type { OwnCredential } from './guard/credentials/own.ts'
import type { RenderRefusal } from './http/error-response.ts'
import type { RefusalReport } from './http/refuser.ts'
import type { ShortKeyTimes } from './keys/key-service.ts'
import type { Hooks } from './login/hooks.ts'
import type { ForeignUser, OwnUsers } from './login/own-users.ts'
import type { MailOptions } from './mail/message.ts'
import type { Client } from './model/client.ts'
import type { ProfileSchema } from './model/profile.ts'
import type { User } from './model/user.ts'
import type { Store } from './store/store.ts'
import type { Processes } from './telemetry/processes.ts'

/** Plain fields of your own. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * Everything `createAuth` takes: the settings of `docs/config.md` by their names in code, and the extension points.
 * Scopes, profile and claims are typed through to the principal of each request.
 */
export interface AuthOptions<
  Scope extends string = string,
  Profile extends Fields = Fields,
  Claims extends Fields = Fields,
> extends Omit<SettingsInput, 'scopes' | 'roles'> {
  /** The scopes of your API, each with the sentence that people are shown when they are asked for consent. */
  readonly scopes?: Readonly<Record<Scope, string>>
  /** Your roles, each with the scopes it holds. */
  readonly roles?: Readonly<
    Record<
      string,
      { readonly description?: string; readonly scopes: readonly (NoInfer<Scope> | BuiltInScope)[] }
    >
  >
  /** The database driver; by default the one for `databaseUrl`. */
  readonly store?: Store
  /**
   * Adds your own claims to every access token. Called at each sign-in and refresh, more than once: keep it fast and
   * pure.
   */
  readonly claims?: (user: User<NoInfer<Profile>>, client: Client) => Claims
  /** Your own profile fields, as a Standard Schema (Zod, Valibot, ArkType). It must validate synchronously. */
  readonly profile?: ProfileSchema<Profile>
  /** Your existing users; each is taken over at the first sign-in. */
  readonly users?: OwnUsers<ForeignUser>
  readonly hooks?: Hooks
  /** How mail is sent, what it says, and where its links lead. */
  readonly mail?: MailOptions
  /** Your own kinds of credential for your own routes, each made by `credential`. */
  readonly credentials?: readonly OwnCredential[]
  /** Renders the body of a refusal on a checked route. Status, challenge and headers stay ours. */
  readonly renderRefusal?: RenderRefusal
  /** Called with each refusal. An error it throws is logged and changes nothing. */
  readonly onRefusal?: (refusal: RefusalReport) => void | Promise<void>
  /**
   * Where log lines go, as pino takes them. By default a few a second to standard error, from `logLevel` on; in production
   * warnings and errors.
   */
  readonly logger?: Logger
  /** The other processes of this program on this machine, with which it shares the cores and `/metrics`. */
  readonly processes?: Processes
  /** For a command beside a running server: webhooks and clean-up are left to the server. */
  readonly isCommand?: true
  /** For tests: signing keys in fast motion, another clock, another source of randomness. */
  readonly keyTimes?: ShortKeyTimes
  readonly clock?: Clock
  readonly random?: Random
}

/**
 * The default export of `countersign.config.ts`: `AuthOptions` in which a secret may also be a function that fetches
 * it.
 */
export type ConfigFile<
  Scope extends string = string,
  Profile extends Fields = Fields,
  Claims extends Fields = Fields,
> = Omit<AuthOptions<Scope, Profile, Claims>, keyof SecretSources> & SecretSources

/**
 * Types the default export of `countersign.config.ts`; returns it unchanged. Options in which no secret is a function
 * can be passed to `createAuth` as well, so that an application and the commands in its folder share one configuration.
 */
export function defineConfig<
  const Scope extends string = never,
  Profile extends Fields = Fields,
  Claims extends Fields = Fields,
>(options: AuthOptions<Scope, Profile, Claims>): AuthOptions<Scope, Profile, Claims>
export function defineConfig<
  const Scope extends string = never,
  Profile extends Fields = Fields,
  Claims extends Fields = Fields,
>(options: ConfigFile<Scope, Profile, Claims>): ConfigFile<Scope, Profile, Claims>
export function defineConfig(options: unknown): unknown {
  return options
}
