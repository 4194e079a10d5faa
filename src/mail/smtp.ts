import { isThisMachine } from '../base/this-machine.ts'
import { type MailMessage, UndeliverableError } from './message.ts'
import { parseSender } from './sender.ts'

export interface Smtp {
  send(message: MailMessage): Promise<void>
  close(): void
}

/** Letters through an SMTP server (RFC 5321). The package is loaded with the first letter. */
export function smtp(url: string, mailFrom: string): Smtp {
  const from = parseSender(mailFrom)
  if (from === undefined) throw new TypeError('MAIL_FROM names no sender')
  let transport: Promise<Transport> | undefined
  return {
    async send({ to, subject, text, html }) {
      transport ??= connect(url)
      try {
        await (await transport).sendMail({
          from,
          // Not as one text: that would be read as a list.
          to: { name: '', address: to },
          subject,
          text,
          html,
          // Programs that answer letters leave such ones alone (RFC 3834 section 5).
          headers: { 'Auto-Submitted': 'auto-generated' },
          disableFileAccess: true,
          disableUrlAccess: true,
        })
      } catch (error) {
        throw toldOf(error)
      }
    },
    close() {
      void transport?.then((open) => open.close())
      transport = undefined
    },
  }
}

interface Transport {
  sendMail(mail: object): Promise<unknown>
  close(): void
}

async function connect(url: string): Promise<Transport> {
  const { createTransport } = await import('nodemailer')
  return createTransport(settled(url).href)
}

/** The URL with what it leaves out; its parameters are the options of nodemailer. */
function settled(text: string): URL {
  const url = new URL(text)
  const defaults: Record<string, string> = {
    pool: 'true',
    maxConnections: '4',
    connectionTimeout: '10000',
    greetingTimeout: '10000',
    socketTimeout: '30000',
    // Letters carry links that stand for an account: over a network they are not sent in the clear, unless asked for. On this
    // machine mail servers have certificates that nobody signed.
    ...(url.protocol === 'smtp:' && { [isThisMachine(url.hostname) ? 'ignoreTLS' : 'requireTLS']: 'true' }),
  }
  for (const [name, value] of Object.entries(defaults)) {
    if (!url.searchParams.has(name)) url.searchParams.set(name, value)
  }
  return url
}

/** Without what the server was given: filters repeat addresses that they refuse, and the link stands for the account. */
function toldOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { responseCode, code } = error as { responseCode?: unknown; code?: unknown }
  const message = `${code ?? error.name}: ${error.message.replaceAll(/cs_link_[\w-]+/g, 'cs_link_…')}`
  return isLasting(code, responseCode) ? new UndeliverableError(message) : new Error(message)
}

/** A refusal for good (RFC 5321 section 4.2.1), of the letter and not of us. */
function isLasting(code: unknown, responseCode: unknown): boolean {
  const isOfLetter = code === 'EENVELOPE' || code === 'EMESSAGE'
  return isOfLetter && typeof responseCode === 'number' && responseCode >= 500
}
