import { html, type SafeHtml } from '../base/html.ts'
import type { User } from '../model/user.ts'
import { accountFrame, sentenceAround } from './account-frame.ts'
import { type FormState, field, form, mainButton, passwordField } from './form.ts'
import type { Frame } from './frame.ts'
import type { PageParts } from './layout.ts'

/** Another mail address, for whoever knows the password; and proof of the one that is there. */
export function emailPage(
  frame: Frame,
  state: FormState,
  {
    user,
    done,
    hasPassword,
  }: { readonly user: User; readonly done: string | undefined; readonly hasPassword: boolean },
): PageParts {
  const { texts, base } = frame
  const { email } = texts
  const body = html`
${field(state, {
  name: 'email',
  label: email.newEmail,
  hint: email.note,
  type: 'email',
  autocomplete: 'email',
  inputmode: 'email',
  most: 320,
})}
${hasPassword && currentPassword(frame, state)}
${mainButton(email.button)}`
  const confirm = html`<section class="narrow"><h2>${email.confirm}</h2>
${form(state, {
  to: `${base}/account/email/verify`,
  body: html`<div><button class="other" type="submit">${email.confirmButton}</button></div>`,
})}</section>`
  return accountFrame(frame, state, {
    title: email.title,
    lead: sentenceAround(email.lead, html`<bdi>${user.email}</bdi>`),
    done,
    body: html`${form(state, { to: `${base}/account/email`, class: 'narrow', body })}
${!user.emailVerified && confirm}`,
  })
}

function currentPassword(frame: Frame, state: FormState): SafeHtml {
  const { currentPassword: label } = frame.texts.fields
  return passwordField(frame, state, { name: 'password', label, autocomplete: 'current-password' })
}

/** What is kept of somebody, to take along or to have it gone. */
export function dataPage(
  frame: Frame,
  state: FormState,
  { hasPassword }: { readonly hasPassword: boolean },
): PageParts {
  const { texts, base } = frame
  const { data } = texts
  const body = html`
${hasPassword && currentPassword(frame, state)}
<button class="end" type="submit">${data.deleteButton}</button>`
  return accountFrame(frame, state, {
    title: data.title,
    lead: data.lead,
    body: html`<p><a class="button other" href="${base}/users/me/export" download>${data.download}</a></p>
<section class="narrow"><div class="head"><h2>${data.deleteTitle}</h2><p class="muted">${data.deleteLead}</p></div>
${form(state, { to: `${base}/account/delete`, body })}</section>`,
  })
}
