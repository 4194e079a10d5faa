/**
 * What the pages gain by a script; none of it is needed. Texts come from the page, in its language. Kept as text, so that
 * the build needs to copy nothing and the server's types stay without a DOM.
 */
export const pageScript = `
const all = (selector, work) => document.querySelectorAll(selector).forEach(work)
const button = (name, text) => {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = name
  made.textContent = text
  return made
}

document.querySelector('.errors')?.focus()

all('.shown', (place) => {
  const input = place.querySelector('input')
  const { show, hide, showLabel, hideLabel } = place.dataset
  const eye = button('', show)
  const say = (label) => eye.setAttribute('aria-label', label)
  say(showLabel)
  eye.addEventListener('click', () => {
    const shows = input.type === 'password'
    input.type = shows ? 'text' : 'password'
    eye.textContent = shows ? hide : show
    say(shows ? hideLabel : showLabel)
  })
  // What is shown must not end up in what the browser remembers of text fields.
  input.form.addEventListener('submit', () => { input.type = 'password' })
  place.append(eye)
})

// Judged here only to help: the server judges again, by a list of common passwords as well.
const ROWS = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'qwertzuiop', 'azertyuiop']
const isStep = (a, b) => ROWS.some((row) => [row, [...row].reverse().join('')].some((way) => way.includes(a + b)))
const outsideRows = (text) => {
  let rest = ''
  for (let at = 0; at < text.length; ) {
    let end = at + 1
    while (end < text.length && isStep(text[end - 1], text[end])) end++
    if (end - at < 3) rest += text.slice(at, end)
    at = end
  }
  return rest
}
const judge = (password, names, words) => {
  const lower = password.toLowerCase()
  const length = [...password].length
  const least = Number(words.least)
  if (length < least) return words.short
  if (names.some((name) => name.length > 3 && lower.includes(name))) return words.name
  if (lower.includes(words.service.toLowerCase())) return words.brand
  const unit = /^(.+?)\\1+$/.exec(lower)?.[1]
  if (unit !== undefined && [...unit].length < least) return words.repeats
  const rest = outsideRows(lower)
  if (rest.length < lower.length && rest.length <= 3) return words.rows
  return length >= 15 ? words.fine : words.longer
}
all('[data-strength-of]', (place) => {
  const input = document.getElementById(place.dataset.strengthOf)
  input.setAttribute('aria-describedby', ((input.getAttribute('aria-describedby') ?? '') + ' ' + (place.id = input.id + '-strength')).trim())
  const names = () => ['email', 'username'].flatMap((name) => {
    const typed = (input.form.elements[name]?.value ?? '').toLowerCase()
    return typed === '' ? [] : [typed, typed.split('@')[0]]
  })
  input.addEventListener('input', () => {
    place.textContent = input.value === '' ? '' : judge(input.value, names(), place.dataset)
  })
})

all('[data-copy]', (place) => {
  const copy = button('other slim', place.dataset.copy)
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(place.querySelector('code').textContent)
    copy.textContent = place.dataset.copied
    setTimeout(() => { copy.textContent = place.dataset.copy }, 2000)
  })
  place.append(copy)
})

all('[data-id]', (place) => {
  const { id, copied, short } = place.dataset
  const shown = short === undefined ? place.textContent : id.slice(0, 6) + '…' + id.slice(-6)
  const copy = button('plain id', shown)
  copy.title = id
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(id)
    copy.textContent = copied
    setTimeout(() => { copy.textContent = shown }, 2000)
  })
  place.replaceChildren(copy)
})

all('time', (time) => {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'long', timeStyle: 'short' })
  time.title = format.format(new Date(time.dateTime))
})

const ask = async ({ options, send, token }, csrf) => {
  const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf }
  const response = await fetch(options, { method: 'POST', headers, body: send })
  if (!response.ok) throw new Error(response.status)
  return response.json()
}
let waiting
all('[data-passkey]', (form) => {
  const { passkey: kind, token, failed, autofill } = form.dataset
  const parse = window.PublicKeyCredential?.[kind === 'get' ? 'parseRequestOptionsFromJSON' : 'parseCreationOptionsFromJSON']
  if (parse === undefined) return
  form.hidden = form.parentElement.hidden = false
  const fields = form.elements
  const run = async (more) => {
    const { challenge_token, options } = await ask(form.dataset, fields.csrf_token.value)
    const publicKey = parse.call(PublicKeyCredential, options)
    const credential = await navigator.credentials[kind]({ publicKey, ...more })
    fields[token].value = challenge_token
    fields.credential.value = JSON.stringify(credential)
    form.submit()
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    waiting?.abort()
    const said = form.querySelector('.problem[role=status]')
    said.textContent = ''
    run().catch(() => { said.textContent = failed })
  })
  if (autofill === undefined) return
  PublicKeyCredential.isConditionalMediationAvailable?.().then((can) => {
    waiting = new AbortController()
    if (can) return run({ mediation: 'conditional', signal: waiting.signal })
  }).catch(() => {})
})

// A second click sends nothing; coming back by the browser's own button makes the form usable again.
all('form', (form) => {
  form.addEventListener('submit', (event) => {
    if (event.defaultPrevented) return
    if (form.dataset.sent) return event.preventDefault()
    form.dataset.sent = 'yes'
    form.querySelector('[type=submit]')?.setAttribute('aria-busy', 'true')
  })
})
addEventListener('pageshow', () => all('form', (form) => {
  delete form.dataset.sent
  form.querySelector('[type=submit]')?.removeAttribute('aria-busy')
}))
`.trimStart()
