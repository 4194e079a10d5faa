import { request as byHttp, type IncomingMessage } from 'node:http'
import { request as byHttps } from 'node:https'

export interface WebPage {
  readonly url: string
  readonly status: number
  readonly text: string
}

/** As much of a browser as a sign-in needs: cookies of each host, redirects, forms. */
export interface WebBrowser {
  /** Goes there and on, until a page comes or the address begins with `until`, which is not asked. */
  open(url: string, until?: string): Promise<WebPage>
  /** Fills in the form of the page and sends it, as a person does. */
  submit(page: WebPage, fields: Readonly<Record<string, string>>, until?: string): Promise<WebPage>
}

const MOST_REDIRECTS = 12

/** @param ca the one certificate that it trusts, as PEM */
export function openWebBrowser(ca: string): WebBrowser {
  const jars = new Map<string, Map<string, string>>()

  async function go(url: string, until: string | undefined, form?: string): Promise<WebPage> {
    let [at, body] = [url, form]
    for (let step = 0; step < MOST_REDIRECTS; step += 1) {
      if (until !== undefined && at.startsWith(until)) return { url: at, status: 0, text: '' }
      const { origin } = new URL(at)
      const jar = jars.get(origin) ?? new Map<string, string>()
      jars.set(origin, jar)
      const got = await ask(at, { ca, jar, body })
      for (const line of got.cookies) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        if (/Max-Age=0\b/i.test(line) || value === '') jar.delete(name)
        else jar.set(name, value)
      }
      if (got.location === undefined) return { url: at, status: got.status, text: got.text }
      at = new URL(got.location, at).href
      body = undefined
    }
    throw new Error(`led on and on, to ${at}`)
  }

  return {
    open: (url, until) => go(url, until),
    submit({ url, text }, fields, until) {
      const form = /<form.*?<\/form>/s.exec(text)?.[0] ?? ''
      const action = /action="([^"]+)"/.exec(form)?.[1]
      if (action === undefined) throw new Error(`no form on ${url}: ${text}`)
      const hidden = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(
        ([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')],
      )
      const filled = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields })
      return go(new URL(action.replaceAll('&amp;', '&'), url).href, until, filled.toString())
    },
  }
}

interface Got {
  readonly status: number
  readonly location: string | undefined
  readonly cookies: readonly string[]
  readonly text: string
}

function ask(
  url: string,
  { ca, jar, body }: { ca: string; jar: ReadonlyMap<string, string>; body: string | undefined },
): Promise<Got> {
  const { origin, protocol } = new URL(url)
  const headers: Record<string, string> = {
    accept: 'text/html',
    ...(jar.size > 0 && { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }),
    ...(body !== undefined && {
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
      origin,
    }),
  }
  const options = { method: body === undefined ? 'GET' : 'POST', headers, agent: false as const }
  return new Promise((resolve, reject) => {
    const asked = protocol === 'https:' ? byHttps(url, { ...options, ca }) : byHttp(url, options)
    let answer: IncomingMessage | undefined
    asked.on('error', (error) => {
      // mod_auth_openidc writes more behind its own error pages than their length says.
      if (answer?.complete !== true) reject(error)
    })
    asked.once('response', (response) => {
      answer = response
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.once('error', reject)
      response.once('end', () => {
        const { location, 'set-cookie': cookies = [] } = response.headers
        resolve({ status: response.statusCode ?? 0, location, cookies, text })
      })
    })
    asked.end(body)
  })
}
