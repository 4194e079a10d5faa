import { attributes, type HtmlValue, html, type SafeHtml } from '../base/html.ts'
import type { User } from '../model/user.ts'
import { errorSummary, type FormState, form, hasFailed } from './form.ts'
import type { Frame } from './frame.ts'
import { heading, note, type PageParts } from './layout.ts'

export interface AccountParts {
  readonly user: User
  /** What has just been done, in words. */
  readonly done: string | undefined
}

/** Everything that belongs to an account, each thing with the way to change it. */
export function accountPage(frame: Frame, state: FormState, { user, done }: AccountParts): PageParts {
  const { texts, language } = frame
  const { account } = texts
  const since = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(
    user.createdAt,
  )
  const verified = user.emailVerified ? html`<span class="tag">${account.verified}</span>` : ''
  return {
    title: account.title,
    failed: hasFailed(state),
    wide: true,
    corner: signOutButton(frame, state),
    body: html`${errorSummary(frame, state)}${done && note(done, 'good')}
${heading(account.title, account.since(since))}
<dl class="rows">
${row({ what: account.email, value: html`${user.email}${verified}` })}
${row({ what: account.username, value: user.username ?? account.none })}
</dl>`,
  }
}

interface Row {
  readonly what: string
  readonly value: HtmlValue
  /** Where it is changed, what the link says, and what it says to whoever hears it alone. */
  readonly to?: string
  readonly link?: string
  readonly label?: string
}

function row({ what, value, to, link, label }: Row): SafeHtml {
  const act =
    to !== undefined &&
    html`<dd class="act"><a ${attributes({ href: to, 'aria-label': label })}>${link}</a></dd>`
  return html`<div><dt>${what}</dt><dd>${value}</dd>${act}</div>`
}

/** In the corner of every page of an account. */
export function signOutButton({ texts, base }: Frame, state: FormState): SafeHtml {
  const button = html`<button class="other slim" type="submit">${texts.common.signOut}</button>`
  return form(state, { to: `${base}/account/sign-out`, body: button })
}
