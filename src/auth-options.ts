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

/** Plain fields of the application's own. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * Everything `createAuth` can be given: the settings of `docs/config.md` by their names in code, and the extension
 * points. Scopes, profile and claims are typed through to the principal of each request.
 */
export interface AuthOptions<
  Scope extends string = string,
  Profile extends Fields = Fields,
  Claims extends Fields = Fields,
> extends Omit<SettingsInput, 'scopes' | 'roles'> {
  /** The scopes of your API, each with the sentence that people are shown. */
  readonly scopes?: Readonly<Record<Scope, string>>
  /** Your roles, each with the scopes it holds. */
  readonly roles?: Readonly<
    Record<
      string,
      { readonly description?: string; readonly scopes: readonly (NoInfer<Scope> | BuiltInScope)[] }
    >
  >
  /** The database; by default the one that `databaseUrl` names. */
  readonly store?: Store
  /** Claims of your own in every access token. Called at each sign-in and refresh; keep it quick. */
  readonly claims?: (user: User<NoInfer<Profile>>, client: Client) => Claims
  /** Profile fields of your own, by any Standard Schema. */
  readonly profile?: ProfileSchema<Profile>
  /** The users you already have; each is taken over at the first sign-in. */
  readonly users?: OwnUsers<ForeignUser>
  readonly hooks?: Hooks
  /** How letters are sent, what they say, and where their links lead. */
  readonly mail?: MailOptions
  /** Credentials of your own on your own routes, each made by `credential`. */
  readonly credentials?: readonly OwnCredential[]
  /** Your own body for refusals of checked routes. Status, challenge and headers stay. */
  readonly renderRefusal?: RenderRefusal
  /** Told of each refusal. What it throws is logged and changes nothing. */
  readonly onRefusal?: (refusal: RefusalReport) => void | Promise<void>
  /**
   * Where log lines go, as pino takes them. By default a few a second to standard error, from `logLevel` on; in production
   * warnings and errors.
   */
  readonly logger?: Logger
  /** The processes of this program that share this machine: its cores, and the numbers of `/metrics`. */
  readonly processes?: Processes
  /** For commands that work beside a server, whose options may stand in its code: they leave webhooks and clean-up to it. */
  readonly isCommand?: true
  /** For tests: signing keys in fast motion, another clock, another source of randomness. */
  readonly keyTimes?: ShortKeyTimes
  readonly clock?: Clock
  readonly random?: Random
}

/**
 * The default export of `countersign.config.ts`: the same, and each secret may also be a function that fetches it when
 * the configuration is loaded.
 */
export type ConfigFile<
  Scope extends string = string,
  Profile extends Fields = Fields,
  Claims extends Fields = Fields,
> = Omit<AuthOptions<Scope, Profile, Claims>, keyof SecretSources> & SecretSources

/**
 * Types the default export of `countersign.config.ts`; returns it as it is. What holds no function for a secret can be
 * handed to `createAuth` as well, so that an application and the commands in its folder have one configuration.
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
