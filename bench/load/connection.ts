import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** One connection that sends a request after the other: a client that costs less than what it measures. */
export interface Connection {
  /** The body of the answer. Rejects unless the status is 200. */
  post(path: string, form: string, headers?: Readonly<Record<string, string>>): Promise<string>
  /** The body of the answer to a GET. Rejects unless the status is 200. */
  get(path: string, authorization: string): Promise<string>
  /** Where the answer leads. Rejects unless it is a redirect. */
  follow(path: string, cookie: string): Promise<string>
  close(): void
}

export function openConnection(port: number): Connection {
  let socket: Socket | undefined

  async function open(): Promise<Socket> {
    const fresh = connect({ port, host: '127.0.0.1', noDelay: true })
    fresh.setEncoding('latin1')
    await once(fresh, 'connect')
    socket = fresh
    return fresh
  }

  async function ask(request: string): Promise<{ readonly head: string; readonly body: string }> {
    const via = socket ?? (await open())
    via.write(request)
    const answer = await readAnswer(via)
    // A server closes a connection after so many requests.
    if (/^connection: close$/im.test(answer.head)) {
      socket = undefined
      via.destroy()
    }
    return answer
  }

  async function bodyOf(request: string): Promise<string> {
    const { head, body } = await ask(request)
    if (!head.startsWith('HTTP/1.1 200')) throw new Error(`${head.split('\r\n')[0]}: ${body}`)
    return body
  }

  return {
    get: (path, authorization) =>
      bodyOf(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAuthorization: ${authorization}\r\n\r\n`,
      ),
    async follow(path, cookie) {
      const { head, body } = await ask(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nCookie: ${cookie}\r\n\r\n`,
      )
      const location = /^location: (\S+)$/im.exec(head)?.[1]
      if (location === undefined) throw new Error(`${head.split('\r\n')[0]}: ${body}`)
      return location
    },
    async post(path, form, headers = {}) {
      const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      return bodyOf(
        `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n` +
          `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n` +
          `${fields.join('')}\r\n${form}`,
      )
    },
    close: () => socket?.destroy(),
  }
}

function readAnswer(socket: Socket): Promise<{ readonly head: string; readonly body: string }> {
  return new Promise((resolve, reject) => {
    let text = ''
    const settle = (): void => {
      socket.off('data', take)
      socket.off('close', fail)
      socket.off('error', fail)
    }
    const fail = (): void => {
      settle()
      reject(new Error('the connection was closed'))
    }
    const take = (chunk: string): void => {
      text += chunk
      const end = text.indexOf('\r\n\r\n')
      if (end === -1) return
      const head = text.slice(0, end)
      const body = bodyIn(head, text.slice(end + 4))
      if (body === undefined) return
      settle()
      resolve({ head, body })
    }
    socket.on('data', take)
    socket.on('close', fail)
    socket.on('error', fail)
  })
}

/** Undefined while it is not all there. */
function bodyIn(head: string, rest: string): string | undefined {
  const length = /^content-length: (\d+)$/im.exec(head)?.[1]
  if (length !== undefined) return rest.length < Number(length) ? undefined : rest
  if (!rest.endsWith('0\r\n\r\n')) return undefined
  let body = ''
  for (let at = 0; ; ) {
    const line = rest.indexOf('\r\n', at)
    const size = Number.parseInt(rest.slice(at, line), 16)
    if (size === 0) return body
    body += rest.slice(line + 2, line + 2 + size)
    at = line + 4 + size
  }
}
