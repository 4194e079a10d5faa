import { type Attributes, attributes, type HtmlValue, html, type SafeHtml } from '../base/html.ts'
import { copiedId } from './copied-id.ts'
import type { Frame } from './frame.ts'

/** What is wrong with one field, in the language of the page. */
export interface ShownProblem {
  readonly field: string
  readonly message: string
  /** The name of the field, where the message makes no sense away from it. */
  readonly label?: string | undefined
}

/** A form as somebody sees it: new, or back with what was typed and what was wrong with it. */
export interface FormState {
  /** Shows that the form came from us (rules F-4, F-5). */
  readonly csrfToken: string
  /** What was typed, never a password. */
  readonly values: Readonly<Record<string, string>>
  readonly problems: readonly ShownProblem[]
  /** What was wrong with the whole. */
  readonly failure: string | undefined
  /** Of the refusal, for whoever asks for help. */
  readonly reference: string | undefined
}

export function hasFailed({ problems, failure }: FormState): boolean {
  return problems.length > 0 || failure !== undefined
}

export interface FormParts {
  /** Where it is sent. */
  readonly to: string
  readonly body: HtmlValue
  readonly class?: string
  /** More attributes, for the script. */
  readonly data?: Attributes
  /** Values that nobody types. */
  readonly hidden?: Readonly<Record<string, string | undefined>>
}

/** A form with its token. */
export function form(
  { csrfToken }: Pick<FormState, 'csrfToken'>,
  { to, body, class: name, data, hidden = {} }: FormParts,
): SafeHtml {
  const fields = Object.entries({ csrf_token: csrfToken, ...hidden }).flatMap(([field, value]) =>
    value === undefined ? [] : [html`<input type="hidden" name="${field}" value="${value}">`],
  )
  return html`<form method="post" ${attributes({ action: to, class: name })} ${data}>${fields}${body}</form>`
}

/**
 * What was wrong, first on the page and with the focus: each problem leads to its field. The browser gives the focus
 * without a script as well.
 */
export function errorSummary({ texts }: Frame, state: FormState): HtmlValue {
  if (!hasFailed(state)) return undefined
  const { problems, failure, reference } = state
  const links = problems.map(({ field, message, label }) => {
    const told = label === undefined ? message : `${label}: ${message}`
    return html`<li><a href="#${idOf(field)}">${told}</a></li>`
  })
  return html`<div class="errors" role="alert" tabindex="-1" autofocus aria-labelledby="errors">
<h2 id="errors">${texts.common.problemHeading}</h2>
${failure && html`<p>${failure}</p>`}
${links.length > 0 && html`<ul>${links}</ul>`}
${reference && html`<p class="small muted">${copiedId(texts, reference, texts.common.reference(reference))}</p>`}
</div>`
}

export interface FieldParts {
  /** Stable: browsers, password managers and tests know fields by it. */
  readonly name: string
  readonly label: string
  readonly hint?: HtmlValue
  readonly type?: 'text' | 'email' | 'password' | 'number' | 'url' | 'date'
  readonly autocomplete: string
  readonly inputmode?: 'text' | 'email' | 'numeric'
  readonly optional?: boolean
  /** Characters. */
  readonly most?: number
  /** What stands there if nothing was typed yet. */
  readonly value?: string | undefined
  /** Written from left to right in every language: addresses, codes, passwords. */
  readonly isLatin?: boolean
  /** Where the reader begins, unless something is wrong. */
  readonly first?: boolean
}

/** A label, a hint, what is wrong, and the field itself, tied together for whoever hears the page. */
export function field(state: FormState, parts: FieldParts): SafeHtml {
  const { name, label, hint, optional = false } = parts
  const { type = 'text', inputmode, autocomplete, most, isLatin = type !== 'text' } = parts
  const about = describe(state, name, hint)
  const input = attributes({
    id: idOf(name),
    name,
    type,
    value: type === 'password' ? undefined : (state.values[name] ?? parts.value),
    autocomplete,
    inputmode,
    autocapitalize: 'none',
    spellcheck: 'false',
    maxlength: most,
    required: !optional,
    class: isLatin ? 'ltr' : undefined,
    autofocus: parts.first === true && !hasFailed(state),
    ...about.attributes,
  })
  return html`<div class="field"><label for="${idOf(name)}">${label}</label>${about.texts}<input ${input}></div>`
}

export interface PasswordParts {
  readonly name: string
  readonly label: string
  readonly autocomplete: 'current-password' | 'new-password'
  /** For a new one: the least length, and what is told while typing. */
  readonly least?: number
  readonly first?: boolean
}

/** A password: never sent back, may be shown, and a new one is judged while it is typed. */
export function passwordField(frame: Frame, state: FormState, parts: PasswordParts): SafeHtml {
  const { texts, brand } = frame
  const { name, label, autocomplete, least } = parts
  const about = describe(state, name, least === undefined ? undefined : texts.fields.passwordHint(least))
  const reasons = texts.passwordReasons
  const input = attributes({
    id: idOf(name),
    name,
    type: 'password',
    autocomplete,
    autocapitalize: 'none',
    spellcheck: 'false',
    required: true,
    // No `minlength`: the browser's bubble would come before our sentence, and only with a script.
    maxlength: 1024,
    class: 'ltr',
    autofocus: parts.first === true && !hasFailed(state),
    ...about.attributes,
  })
  const words =
    least !== undefined &&
    attributes({
      'data-least': least,
      'data-service': brand.name,
      'data-short': reasons.tooShort(least),
      'data-name': reasons.ownName,
      'data-brand': reasons.serviceName,
      'data-repeats': reasons.repeats,
      'data-rows': reasons.rows,
      'data-fine': reasons.fine,
      'data-longer': reasons.longer,
    })
  const { show, hide, showPassword, hidePassword } = texts.common
  const shown = attributes({
    'data-show': show,
    'data-hide': hide,
    'data-show-label': showPassword,
    'data-hide-label': hidePassword,
  })
  return html`<div class="field"><label for="${idOf(name)}">${label}</label>${about.texts}<div class="shown" ${shown}><input ${input}></div>${least !== undefined && html`<p class="hint" aria-live="polite" data-strength-of="${idOf(name)}" ${words}></p>`}</div>`
}

/** A box to tick. */
export function checkBox(
  state: FormState,
  parts: {
    readonly name: string
    readonly value?: string
    readonly label: string
    readonly hint?: string
    readonly checked?: boolean
  },
): SafeHtml {
  const { name, value = 'on', label, hint } = parts
  const id = `${idOf(name)}-${value}`
  const typed = Object.keys(state.values).length > 0
  const checked = typed ? state.values[name] !== undefined : parts.checked === true
  const box = attributes({ id, name, value, checked, 'aria-describedby': hint ? `${id}-hint` : undefined })
  return html`<div class="check"><input type="checkbox" ${box}><label for="${id}">${label}</label>${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}</div>`
}

/** Boxes that belong together, and what is wrong with all of them. */
export function group(
  state: FormState,
  { name, legend, body }: { readonly name: string; readonly legend: string; readonly body: HtmlValue },
): SafeHtml {
  const about = describe(state, name)
  const parts = attributes({
    class: 'boxes',
    id: idOf(name),
    tabindex: -1,
    ...about.attributes,
    'aria-invalid': undefined,
  })
  return html`<fieldset ${parts}><legend>${legend}</legend>${about.texts}${body}</fieldset>`
}

export interface ChoiceParts {
  readonly name: string
  readonly label: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly value?: string | undefined
}

/** One of a few. */
export function choice(state: FormState, { name, label, options, value }: ChoiceParts): SafeHtml {
  const chosen = state.values[name] ?? value
  const about = describe(state, name)
  const items = options.map(
    (option) =>
      html`<option ${attributes({ value: option.value, selected: option.value === chosen })}>${option.label}</option>`,
  )
  return html`<div class="field"><label for="${idOf(name)}">${label}</label>${about.texts}<select ${attributes({ id: idOf(name), name, ...about.attributes })}>${items}</select></div>`
}

/** The button of a form: its verb says what comes of it. */
export function mainButton(text: string): SafeHtml {
  return html`<button class="main" type="submit">${text}</button>`
}

function idOf(name: string): string {
  return `field-${name}`
}

function describe(state: FormState, name: string, hint?: HtmlValue) {
  const id = idOf(name)
  const messages = state.problems.filter((problem) => problem.field === name).map(({ message }) => message)
  const failed = messages.length > 0
  const ids = [hint && `${id}-hint`, failed && `${id}-problem`].filter(Boolean).join(' ')
  return {
    texts: html`${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}${failed && html`<p class="problem" id="${id}-problem">${messages.join(' ')}</p>`}`,
    attributes: {
      'aria-invalid': failed ? 'true' : undefined,
      'aria-describedby': ids === '' ? undefined : ids,
    },
  }
}
