import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

export interface ReceivedMail {
  readonly from: string
  readonly to: string
  /** Head and body, as they came. */
  readonly text: string
}

/** A mail server on loopback that keeps what it is given (RFC 5321), as far as a client of one message needs it. */
export interface SmtpServer {
  readonly url: string
  /** The next message that is taken. */
  next(): Promise<ReceivedMail>
  /** The next so many messages are answered like this in the place of being taken. */
  refuse(answer: string, times: number): void
  close(): Promise<void>
}

export async function startSmtp(options: { readonly offersTls?: boolean } = {}): Promise<SmtpServer> {
  let told = Promise.withResolvers<ReceivedMail>()
  const refusals: string[] = []
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => undefined)
    serve(socket, options.offersTls === true, (mail) => {
      const refusal = refusals.shift()
      if (refusal === undefined) {
        told.resolve(mail)
        told = Promise.withResolvers()
      }
      return refusal ?? '250 kept'
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    next: () => told.promise,
    refuse(answer, times) {
      refusals.push(...Array.from({ length: times }, () => answer))
    },
    async close() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Where it offers TLS it has no certificate for it. */
function serve(socket: Socket, offersTls: boolean, take: (mail: ReceivedMail) => string): void {
  let [buffer, from, to] = ['', '', '']
  let isData = false
  const say = (line: string) => socket.write(`${line}\r\n`)
  say('220 loopback')
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    buffer += chunk
    for (;;) {
      const end = buffer.indexOf(isData ? '\r\n.\r\n' : '\r\n')
      if (end === -1) return
      const part = buffer.slice(0, end)
      buffer = buffer.slice(end + (isData ? 5 : 2))
      if (isData) {
        isData = false
        say(take({ from, to, text: part }))
        continue
      }
      const [, address = ''] = /<(.*?)>/.exec(part) ?? []
      if (/^MAIL /i.test(part)) from = address
      if (/^RCPT /i.test(part)) to = address
      isData = /^DATA/i.test(part)
      if (offersTls && /^EHLO /i.test(part)) say('250-loopback\r\n250 STARTTLS')
      else if (/^STARTTLS/i.test(part)) say('454 no certificate')
      else say(isData ? '354 go on' : /^QUIT/i.test(part) ? '221 bye' : '250 ok')
    }
  })
}
