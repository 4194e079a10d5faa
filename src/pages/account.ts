import { attributes, type HtmlValue, html, type SafeHtml } from '../base/html.ts'
import type { User } from '../model/user.ts'
import { accountFrame } from './account-frame.ts'
import type { FormState } from './form.ts'
import type { Frame } from './frame.ts'
import type { PageParts } from './layout.ts'

export interface AccountParts {
  readonly user: User
  readonly sessionCount: number
  readonly apiKeyCount: number
  readonly hasProfile: boolean
  readonly applicationCount: number
  readonly hasSecondFactor: boolean
  /** Undefined where nobody else signs people in. */
  readonly connectionCount: number | undefined
  readonly hasPassword: boolean
  /** An address is proven, and changed, by a letter. */
  readonly canSendLetters: boolean
  /** What has just been done. */
  readonly done: AccountDone | undefined
}

export type AccountDone =
  | 'registered'
  | 'password'
  | 'username'
  | 'profile'
  | 'email verified'
  | 'email changed'

/** Everything that belongs to an account, each thing with the way to change it. */
export function accountPage(frame: Frame, state: FormState, parts: AccountParts): PageParts {
  const { texts, language, base } = frame
  const { account } = texts
  const { user } = parts
  const since = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(
    user.createdAt,
  )
  const verified = user.emailVerified
    ? html`<span class="tag">${account.verified}</span>`
    : html`<span class="tag open">${account.notVerified}</span>`
  const change = (what: string) => ({ link: account.change, label: account.changeWhat(what) })
  const view = (what: string) => ({ link: account.view, label: account.viewWhat(what) })
  const rows: readonly (Row | false)[] = [
    {
      what: account.email,
      value: html`<bdi>${user.email}</bdi>${parts.canSendLetters && verified}`,
      ...(parts.canSendLetters && { to: `${base}/account/email`, ...change(account.email) }),
    },
    {
      what: account.username,
      value: html`<bdi>${user.username ?? account.notSet}</bdi>`,
      to: `${base}/account/username`,
      ...change(account.username),
    },
    {
      what: account.password,
      value: parts.hasPassword ? html`<span aria-hidden="true">••••••••</span>` : account.notSet,
      // Without a current one to prove, a new one comes by a letter.
      ...((parts.hasPassword || parts.canSendLetters) && {
        to: parts.hasPassword ? `${base}/account/password` : `${base}/reset`,
        ...change(account.password),
      }),
    },
    {
      what: texts.factors.title,
      value: parts.hasSecondFactor ? texts.factors.on : texts.factors.off,
      to: `${base}/account/two-step`,
      ...change(texts.factors.title),
    },
    parts.connectionCount !== undefined && {
      what: texts.connections.title,
      value: parts.connectionCount === 0 ? account.none : texts.connections.count(parts.connectionCount),
      to: `${base}/account/connections`,
      ...change(texts.connections.title),
    },
    parts.hasProfile && {
      what: account.profile,
      value: summaryOf(user.profile) ?? account.notSet,
      to: `${base}/account/profile`,
      ...change(account.profile),
    },
    {
      what: account.sessions,
      value: account.sessionCount(parts.sessionCount),
      to: `${base}/account/sessions`,
      ...view(account.sessions),
    },
    {
      what: account.apiKeys,
      value: parts.apiKeyCount === 0 ? account.none : account.apiKeyCount(parts.apiKeyCount),
      to: `${base}/account/api-keys`,
      ...view(account.apiKeys),
    },
    parts.applicationCount > 0 && {
      what: texts.applications.title,
      value: texts.applications.count(parts.applicationCount),
      to: `${base}/account/applications`,
      ...view(texts.applications.title),
    },
    {
      what: texts.data.title,
      value: texts.data.row,
      to: `${base}/account/data`,
      ...view(texts.data.title),
    },
  ]
  return accountFrame(frame, state, {
    title: account.title,
    lead: account.since(since),
    done: doneIn(frame, parts.done),
    isFirst: true,
    body: html`<dl class="rows">
${rows.filter((row) => row !== false).map(showRow)}
</dl>`,
  })
}

function doneIn({ texts }: Frame, done: AccountDone | undefined): string | undefined {
  const words = {
    registered: texts.register.done,
    password: texts.password.saved,
    username: texts.username.saved,
    profile: texts.profile.saved,
    'email verified': texts.verify.verify.done,
    'email changed': texts.verify.change.done,
  }
  return done && words[done]
}

interface Row {
  readonly what: string
  readonly value: HtmlValue
  /** Where it is changed, what the link says, and what it says to whoever hears it alone. */
  readonly to?: string
  readonly link?: string
  readonly label?: string
}

function showRow({ what, value, to, link, label }: Row): SafeHtml {
  const act =
    to !== undefined &&
    html`<dd class="act"><a ${attributes({ class: 'button other slim', href: to, 'aria-label': label })}>${link}</a></dd>`
  return html`<div><dt>${what}</dt><dd>${value}</dd>${act}</div>
`
}

/** The first few texts of a profile, to know it by. */
function summaryOf(profile: User['profile']): string | undefined {
  const texts = Object.values(profile).filter((value) => typeof value === 'string' && value !== '')
  return texts.length === 0 ? undefined : texts.slice(0, 3).join(' · ')
}
