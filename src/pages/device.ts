import { html, type SafeHtml } from '../base/html.ts'
import { deviceOf } from '../model/device.ts'
import { lifeIn, permissionsIn } from './consent.ts'
import { errorSummary, type FormState, field, form, hasFailed, mainButton } from './form.ts'
import type { Frame } from './frame.ts'
import { heading, moment, note, type PageParts } from './layout.ts'

/** Where somebody types what a device shows. Looks up and changes nothing, so it goes by GET. */
export function deviceCodePage(frame: Frame, state: FormState): PageParts {
  const { texts, base } = frame
  const { device: words } = texts
  const input = field(state, {
    name: 'user_code',
    label: texts.fields.code,
    hint: words.codeHint,
    autocomplete: 'off',
    isLatin: true,
    most: 20,
    first: true,
  })
  return {
    title: words.title,
    failed: hasFailed(state),
    body: html`${errorSummary(frame, state)}${heading(words.title, words.lead)}
<form method="get" action="${base}/device">${input}${mainButton(words.next)}</form>`,
  }
}

export interface DeviceQuestionParts {
  readonly clientName: string
  readonly userName: string
  /** As the device shows it. */
  readonly userCode: string
  readonly permissions: readonly string[]
  readonly lifeSeconds: number
  /** What is known of the device: its own claim of what it is, the address it asked from, and when. */
  readonly agent: string | undefined
  readonly address: string | undefined
  /** Milliseconds since 1970. */
  readonly askedAt: number
  /** It asked from another network than the person is in. */
  readonly isElsewhere: boolean
  readonly hidden: Readonly<Record<string, string>>
}

/**
 * Whether a device may. Whoever was sent here by a stranger lets that stranger in, so the page says what to compare first,
 * and what the device is and where (RFC 8628 sections 3.3.1 and 5.4). Always asked, of an application of one's own too.
 */
export function deviceQuestionPage(
  frame: Frame,
  state: Pick<FormState, 'csrfToken'>,
  parts: DeviceQuestionParts,
): PageParts {
  const { texts } = frame
  const { device: words, consent } = texts
  const { clientName, userName, isElsewhere } = parts
  const buttons = html`
<button class="main" type="submit" name="answer" value="allow">${words.allow}</button>
<button class="other" type="submit" name="answer" value="deny">${consent.deny}</button>`
  const warning = html`${words.warning}${isElsewhere && html` ${words.elsewhere}`}`
  return {
    title: words.ask(clientName),
    body: html`${heading(words.ask(clientName), words.askLead(clientName, userName))}
${note(warning, 'bad')}
<dl class="rows"><div><dt>${words.shows}</dt><dd><b class="mono"><bdi dir="ltr">${parts.userCode}</bdi></b></dd></div>
<div><dt>${words.device}</dt><dd>${nameOf(frame, parts.agent)}</dd></div>
${parts.address && html`<div><dt>${words.place}</dt><dd><bdi>${parts.address}</bdi></dd></div>`}
<div><dt>${words.asked}</dt><dd>${moment(frame, parts.askedAt)}</dd></div></dl>
${permissionsIn(frame, parts.permissions)}
<p>${lifeIn(frame, parts.lifeSeconds)}</p>
${form(state, { to: `${frame.base}/device/answer`, body: buttons, hidden: parts.hidden })}`,
  }
}

/** What has become of it. The device finds out by itself. */
export function deviceDonePage({ texts, base }: Frame, isAllowed: boolean): PageParts {
  const { device: words, applications } = texts
  const title = isAllowed ? words.allowed : words.denied
  return {
    title,
    body: html`${heading(title, isAllowed ? words.allowedLead : words.deniedLead)}
<p><a href="${base}/account/applications">${applications.title}</a></p>`,
  }
}

function nameOf({ texts: { common } }: Frame, agent: string | undefined): SafeHtml {
  const { program, system } = deviceOf(agent)
  const name =
    program !== undefined && system !== undefined ? common.device(program, system) : (program ?? system)
  return html`<bdi>${name ?? common.unknownDevice}</bdi>`
}
