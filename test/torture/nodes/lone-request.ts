import { request } from 'node:http'

/**
 * Posts JSON over a connection of its own, and resolves to the status. One that is kept from an earlier request may have
 * died with the server of that time; over a new one a server that is up has no excuse, and a failure says which it was.
 */
export function postAlone(url: string, body: unknown): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json' },
    })
    asked.once('response', (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0)).once('error', reject)
    })
    asked.once('error', reject)
    asked.end(JSON.stringify(body))
  })
}
