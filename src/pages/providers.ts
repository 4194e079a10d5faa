import { attributes, type HtmlValue, html, type SafeHtml } from '../base/html.ts'
import type { Frame } from './frame.ts'

/** A provider as a page names it. */
export interface ShownProvider {
  readonly id: string
  readonly name: string
}

export interface OtherWaysParts {
  /** The form of a passkey, which shows itself where there is a script. */
  readonly passkey?: HtmlValue
  readonly providers: readonly ShownProvider[]
  readonly returnTo: string | undefined
  /** Whether there is another way above them. */
  readonly isOther: boolean
  /** Whether somebody is signed in already, and has to prove themselves anew. */
  readonly anew?: boolean
}

/**
 * The ways in beside the main one, below a single "or". Those by others are links, for nothing is done here until
 * somebody comes back. Where only a script brings a way, the script shows the whole.
 */
export function otherWaysIn({ texts, base }: Frame, parts: OtherWaysParts): SafeHtml | undefined {
  const { passkey, providers, returnTo, isOther, anew = false } = parts
  if (!passkey && providers.length === 0) return undefined
  const asked = new URLSearchParams({
    ...(returnTo !== undefined && { return_to: returnTo }),
    ...(anew && { prompt: 'login' }),
  })
  const query = asked.size === 0 ? '' : `?${asked}`
  const links = providers.map(({ id, name }) => {
    const link = attributes({ class: 'button other main-width', href: `${base}/login/with/${id}${query}` })
    return html`<p class="with"><a ${link}>${texts.login.with(name)}</a></p>\n`
  })
  const place = attributes({ class: 'others', hidden: isOther && providers.length === 0 })
  return html`<div ${place}>${isOther && html`<p class="or">${texts.step.or}</p>`}
${passkey}${links}</div>`
}
