import assert from 'node:assert/strict'
import { ISSUER, type TestIssuer } from './issuer.ts'

/** A page as it came. */
export interface VisitedPage {
  readonly status: number
  readonly headers: Headers
  readonly html: string
  /** Where a redirect leads. */
  readonly location: string | null
  /** Names and values of the hidden fields of its first form. */
  readonly hidden: Readonly<Record<string, string>>
}

/** Somebody with a browser: keeps cookies, sends forms as a browser does. */
export interface Visitor {
  readonly cookies: Map<string, string>
  get(path: string, headers?: Record<string, string>): Promise<VisitedPage>
  /** The page at the end of its redirects. */
  follow(path: string | null): Promise<VisitedPage>
  /** Sends a form just as given. */
  post(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<VisitedPage>
  /** Opens the page, fills in its form, sends it and goes where that leads. */
  submit(page: string, to: string, fields: Record<string, string>): Promise<VisitedPage>
  /** The same for a page that is open already; of its forms the one that goes there. */
  submitFrom(page: VisitedPage, to: string, fields: Record<string, string>): Promise<VisitedPage>
}

/** What a browser says of a request that a page of the same origin made. */
export const FROM_OWN_PAGE = { 'sec-fetch-site': 'same-origin', origin: 'null' }

export function newVisitor(issuer: TestIssuer, address = '127.0.0.1', origin = ISSUER): Visitor {
  const cookies = new Map<string, string>()
  const ask = async (path: string, init: RequestInit): Promise<VisitedPage> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const request = new Request(new URL(path, origin), {
      ...init,
      headers: { ...(cookie && { cookie }), ...init.headers },
    })
    const response = await issuer.auth.fetch(request, { address })
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (/Max-Age=0\b/.test(set)) cookies.delete(name)
      else cookies.set(name, value)
    }
    const html = await response.text()
    const location = response.headers.get('location')
    return { status: response.status, headers: response.headers, html, location, hidden: hiddenIn(html) }
  }
  const visitor: Visitor = {
    cookies,
    get: (path, headers = {}) => ask(path, { headers: { accept: 'text/html', ...headers } }),
    async follow(path) {
      let page = await visitor.get(path ?? '')
      for (let led = 0; page.location !== null && led < 5; led++) page = await visitor.get(page.location)
      return page
    },
    post: (path, fields, headers = FROM_OWN_PAGE) =>
      ask(path, { method: 'POST', body: new URLSearchParams(fields), headers }),
    async submit(page, to, fields) {
      return visitor.submitFrom(await visitor.get(page), to, fields)
    },
    async submitFrom(page, to, fields) {
      const hidden = { ...page.hidden, ...hiddenIn(page.html, to) }
      const sent = await visitor.post(to, { ...hidden, ...fields })
      assert.equal(sent.status, 303, sent.html)
      return visitor.follow(sent.location)
    },
  }
  return visitor
}

/** Of the form that goes there, or of the first one in the main part of the page. */
function hiddenIn(html: string, to?: string): Record<string, string> {
  const forms = html.match(/<form.*?<\/form>/gs) ?? []
  const form = forms.find((one) => to === undefined || one.includes(`action="${to}"`)) ?? ''
  const fields = form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)
  return Object.fromEntries(
    [...fields].map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')]),
  )
}
