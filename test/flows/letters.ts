import type { AuthOptions } from '../../src/index.ts'
import type { MailMessage } from '../../src/mail/message.ts'
import { startIssuer, type TestIssuer } from './issuer.ts'

export interface LetteredIssuer extends TestIssuer {
  readonly letters: readonly MailMessage[]
  /** The next letter of this kind to this address; waits until it is sent. */
  letter(kind: MailMessage['kind'], to: string): Promise<MailMessage>
  /** The value that the link of that letter carries. */
  token(kind: MailMessage['kind'], to: string): Promise<string>
}

/** An issuer whose letters are caught. */
export async function startLettered(options: AuthOptions = {}): Promise<LetteredIssuer> {
  const letters: MailMessage[] = []
  const read = new Set<MailMessage>()
  let arrived = Promise.withResolvers<void>()
  const issuer = await startIssuer({
    ...options,
    mail: {
      ...options.mail,
      async send(message) {
        await options.mail?.send?.(message)
        letters.push(message)
        arrived.resolve()
        arrived = Promise.withResolvers()
      },
    },
  })
  const letter: LetteredIssuer['letter'] = async (kind, to) => {
    for (;;) {
      const found = letters.find((one) => one.kind === kind && one.to === to && !read.has(one))
      if (found !== undefined) {
        read.add(found)
        return found
      }
      await arrived.promise
    }
  }
  return {
    ...issuer,
    letters,
    letter,
    token: async (kind, to) => tokenIn(await letter(kind, to)),
  }
}

export function tokenIn({ text }: Pick<MailMessage, 'text'>): string {
  const [token] = /cs_link_[\w-]+/.exec(text) ?? []
  if (token === undefined) throw new Error(`no link in: ${text}`)
  return token
}
