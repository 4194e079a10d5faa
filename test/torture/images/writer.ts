// A process that refreshes sessions on an SQLite file as fast as it can and tells its parent each answer, after it was
// given. It is stopped in the middle of whatever it does, and its file is copied.
import { startIssuer } from '../../flows/issuer.ts'

const PAUSE_MILLISECONDS = 20

export interface WriterOrder {
  readonly path: string
  readonly secretKey: string
  readonly tokens: readonly string[]
}
/** The number of the session and its newest token. */
export type WriterReport = readonly [session: number, token: string]

process.once('message', async ({ path, secretKey, tokens }: WriterOrder) => {
  const issuer = await startIssuer({ databaseUrl: `sqlite:${path}`, secretKey })
  await Promise.all(
    tokens.map(async (first, session) => {
      for (let token = first; ; ) {
        const { status, text, body } = await issuer.refresh(token, {
          'Idempotency-Key': `after ${token.slice(-16)}`,
        })
        // Stopped for longer than its knowledge is good for, it has to ask first.
        if (status === 503) {
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS))
          continue
        }
        if (status !== 200) throw new Error(text)
        token = String(body.refresh_token)
        process.send?.([session, token] satisfies WriterReport)
        // Others read what was sent, and the sessions come to different points.
        await new Promise((resolve) => setTimeout(resolve, (session * 7) % 10))
      }
    }),
  )
})
process.on('disconnect', () => process.exit(0))
