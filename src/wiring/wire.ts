import type { Origin } from '../audit/events.ts'
import type { AuthOptions } from '../auth-options.ts'
import { DAY_MILLISECONDS } from '../base/duration.ts'
import type { Logger } from '../base/logger.ts'
import type { Standing } from '../doctor/gather/standing.ts'
import type { Route } from '../endpoints/route.ts'
import type { Services } from '../endpoints/services.ts'
import { resealTotps } from '../factors/proof.ts'
import type { Guard } from '../guard/guard.ts'
import type { HoldSocket } from '../guard/sockets.ts'
import type { RefuserOptions } from '../http/refuser.ts'
import { startHousekeeping } from '../store/housekeeping.ts'
import type { Samples } from '../telemetry/metrics.ts'
import { connectOpenTelemetry, type NoteRefusal } from '../telemetry/open-telemetry.ts'
import { wireAccountLife } from './account-life.ts'
import { wireCredentials } from './credentials.ts'
import { declareRestored, type RestoreReport } from './declare-restored.ts'
import { layGround } from './ground.ts'
import { wireKnowledge } from './knowledge.ts'
import { tellLettersNowhere } from './letters-nowhere.ts'
import { wireMail } from './mail.ts'
import { readNumbers } from './numbers.ts'
import { wireServices } from './services.ts'
import { type SignIn, wireSignIn } from './sign-in.ts'
import { refuseLostSecretKeys } from './signing-secrets.ts'
import { wireTelemetry } from './telemetry.ts'
import { tellUnknownFactorRoles } from './unknown-factor-roles.ts'
import { wireWebhooks } from './webhooks.ts'

/** The parts of one issuer, put together, and how they are set going and stopped. */
export interface Wired {
  readonly services: Services
  /** For the routes of the application. */
  readonly guard: Guard
  readonly hold: HoldSocket
  readonly accountsOn: SignIn['accountsOn']
  readonly logger: Logger
  readonly node: string
  readonly observeRefusal: NonNullable<RefuserOptions['observe']>
  readonly storeEpoch: () => number
  /** The store's time as far as known, which all nodes share. Milliseconds since 1970. */
  readonly storeNow: () => number
  /** How it stands, by its database. */
  survey(): Promise<Standing>
  /** Instead of `start`, which refuses a database that was put back. */
  declareRestored(by: Origin): Promise<RestoreReport>
  /** Connects and prepares. May be called again after it failed. */
  start(): Promise<void>
  /** Says that it is about to stop, and ends what would go on by itself. */
  drain(): void
  stop(): Promise<void>
}

/** Every part is made here, once, and handed what it needs. Nothing connects yet. Throws a ConfigError. */
export function wire(options: AuthOptions, routes: readonly Route[]): Wired {
  const own = layGround(options)
  const knowledge = wireKnowledge(own)
  const ground = { ...own, clock: knowledge.clock }
  const mail = wireMail(ground)
  const telemetry = wireTelemetry(ground)
  const signIn = wireSignIn(ground, knowledge, mail, telemetry)
  const credentials = wireCredentials(ground, knowledge, signIn)
  const webhooks = wireWebhooks(ground)
  const life = wireAccountLife(ground, knowledge, mail, signIn)
  const numbers = (): Samples => readNumbers({ ground, knowledge, signIn, telemetry })
  options.processes?.share(numbers)
  let noteRefusal: NoteRefusal | undefined
  let stopping = false
  const isStopping = () => stopping
  const services = wireServices({
    ground,
    knowledge,
    mail,
    signIn,
    credentials,
    life,
    telemetry,
    numbers,
    routes,
    isStopping,
  })

  const { settings, store, redis, clock, logger } = ground
  const { keys, feed, memories } = knowledge
  const { apiKeys, sessionUses, sockets } = credentials
  const isBeside = options.isCommand === true
  let housekeeping: { stop(): void } | undefined
  const drain = (): void => {
    stopping = true
    services.feedStreams.close()
  }
  return {
    services,
    guard: credentials.guard,
    hold: sockets.hold,
    accountsOn: signIn.accountsOn,
    logger,
    node: ground.node,
    observeRefusal(refusal, at) {
      telemetry.refusalLog.note(refusal, at)
      noteRefusal?.(refusal, at.reference)
    },
    storeEpoch: feed.storeEpoch,
    storeNow: () => feed.storeNow() ?? clock.now(),
    async start() {
      await redis?.connection()
      await store.open({
        clock,
        migrate: ground.development,
        eventRetentionMilliseconds: settings.eventRetentionDays * DAY_MILLISECONDS,
      })
      try {
        await knowledge.checkStore()
        await keys.announce()
        await refuseLostSecretKeys(store, ground.secretKeys)
        await keys.load()
        await ground.permissions.freshen()
        await tellUnknownFactorRoles(ground)
        tellLettersNowhere(ground, mail)
        await feed.start()
        if (!isBeside) await webhooks.start()
      } catch (error) {
        // A node that says it is there and is not would hold up the others.
        await feed.stop()
        await keys.stop()
        await store.close()
        throw error
      }
      apiKeys.uses.start()
      sessionUses.start()
      telemetry.refusalLog.start()
      noteRefusal = await connectOpenTelemetry()
      const more = async (): Promise<void> => {
        // With one key there is none that others could be under.
        if (ground.secretKeys.fingerprints.length === 1) return
        await resealTotps(signIn.grants)
        await life.providerTokens.reseal()
      }
      // How long events are kept may be said by the server's code alone.
      if (!isBeside) housekeeping = startHousekeeping(store, logger, more, telemetry.meters.cleaned)
    },
    async survey() {
      // It knows the form of a hash, and with that every library that makes one.
      const { survey } = await import('./survey.ts')
      return survey({ store, settings, keys: keys.management, secretKeys: ground.secretKeys })
    },
    async declareRestored(by) {
      await store.migrate()
      await store.open({ clock, migrate: false })
      try {
        await redis?.connection()
        await keys.load()
        const withdrawsAccessKeys = settings.jwtAlgorithm !== 'HS256'
        return await declareRestored({ store, memories, keys: keys.management, withdrawsAccessKeys }, by)
      } finally {
        await keys.stop()
        await feed.stop()
        await store.close()
        redis?.close()
      }
    },
    drain,
    async stop() {
      drain()
      housekeeping?.stop()
      // A place that is slow to answer must not keep from its end what has less time than it takes.
      const webhooksStopped = webhooks.stop()
      await apiKeys.uses.stop()
      await sessionUses.stop()
      sockets.stop()
      await mail.stop()
      // First the passwords that are being hashed still: some of them are refused.
      await signIn.hashes.close()
      await signIn.grants.refusedSignIns.settled()
      await webhooksStopped
      // Only now has everything been refused that will be.
      await telemetry.refusalLog.stop()
      await feed.stop()
      await keys.stop()
      await store.close()
      redis?.close()
    },
  }
}
