import { attributes, html, type SafeHtml } from '../base/html.ts'
import type { Frame } from './frame.ts'

/** A provider as a page names it. */
export interface ShownProvider {
  readonly id: string
  readonly name: string
}

export interface ProviderLinksParts {
  readonly providers: readonly ShownProvider[]
  readonly returnTo: string | undefined
  /** Whether there is another way above them. */
  readonly isOther: boolean
}

/** The ways in by others. Links, for nothing is done here until somebody comes back. */
export function providerLinks({ texts, base }: Frame, parts: ProviderLinksParts): SafeHtml | undefined {
  const { providers, returnTo, isOther } = parts
  if (providers.length === 0) return undefined
  const query = returnTo === undefined ? '' : `?${new URLSearchParams({ return_to: returnTo })}`
  const links = providers.map(({ id, name }) => {
    const link = attributes({ class: 'button other main-width', href: `${base}/login/with/${id}${query}` })
    return html`<p class="with"><a ${link}>${texts.login.with(name)}</a></p>\n`
  })
  return html`<div class="others">${isOther && html`<p class="or">${texts.step.or}</p>`}
${links}</div>`
}
