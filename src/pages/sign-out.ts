import { html } from '../base/html.ts'
import { errorSummary, type FormParts, type FormState, form, hasFailed, mainButton } from './form.ts'
import type { Frame } from './frame.ts'
import { heading, type PageParts } from './layout.ts'

/** Asks before it ends the session: a link alone must not. */
export function signOutPage(
  frame: Frame,
  state: FormState,
  name: string,
  { to, hidden }: Pick<FormParts, 'to' | 'hidden'> = { to: '/logout/form' },
): PageParts {
  const { texts, base } = frame
  const { signOut } = texts
  return {
    title: signOut.title,
    failed: hasFailed(state),
    body: html`${errorSummary(frame, state)}${heading(signOut.title, signOut.text(name))}
${form(state, { to: base + to, body: mainButton(signOut.button), ...(hidden && { hidden }) })}
<p><a href="${base}/account">${signOut.stay}</a></p>`,
  }
}
