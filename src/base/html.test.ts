import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attributes, type HtmlValue, html } from './html.ts'

/** What gets out of its place if anything does. */
const STRINGS = [
  '<script>alert(1)</script>',
  '</title><script>alert(1)</script>',
  '</textarea><img src=x onerror=alert(1)>',
  '" onmouseover="alert(1)',
  "' autofocus onfocus='alert(1)",
  '"><svg/onload=alert(1)>',
  '<!--',
  '--><script>alert(1)</script>',
  ']]><x>',
  '&lt;script&gt;',
  '&#60;script&#62;',
  '\u0000<b>',
  '\u2028</p><p>',
  '`$' + '{alert(1)}`',
  '{{constructor.constructor("alert(1)")()}}',
]

/** The places of a page that take text, each with what may come before and after. */
const PLACES: readonly (readonly [string, (value: HtmlValue) => string])[] = [
  ['text', (value) => html`<p>${value}</p>`.toString()],
  ['title', (value) => html`<title>${value}</title>`.toString()],
  ['text area', (value) => html`<textarea>${value}</textarea>`.toString()],
  ['value', (value) => html`<input value="${value}">`.toString()],
  ['part of a value', (value) => html`<input value="a ${value} b">`.toString()],
  ['list', (value) => html`<ul>${[value, value]}</ul>`.toString()],
  ['nested', (value) => html`<div>${html`<p>${value}</p>`}</div>`.toString()],
]

/** A page's own markup around a value, and what the value became. */
function gapOf(write: (value: HtmlValue) => string, value: string): string {
  const [before = '', after = ''] = write('\u{f0000}').split('\u{f0000}')
  const text = write(value)
  assert.ok(text.startsWith(before) && text.endsWith(after))
  return text.slice(before.length, text.length - after.length)
}

function readText(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}

test('a value is text in every place, whatever it holds', () => {
  for (const [place, write] of PLACES.filter(([name]) => name !== 'list')) {
    for (const value of STRINGS) {
      const gap = gapOf(write, value)
      assert.doesNotMatch(gap, /[<>"']/, `${place}: ${value}`)
      assert.equal(readText(gap), value, `${place}: nothing is lost`)
    }
  }
  const list = html`<ul>${STRINGS.map((value) => html`<li>${value}</li>`)}</ul>`.toString()
  assert.equal(list.match(/</g)?.length, 2 + 2 * STRINGS.length)
})

test('attributes are escaped, left out, or bare', () => {
  for (const value of STRINGS) {
    const text = html`<input ${attributes({ value, 'aria-label': value })}>`.toString()
    assert.equal(text.match(/"/g)?.length, 4, text)
    assert.equal(text.match(/[<>]/g)?.length, 2, text)
  }
  const some = attributes({ required: true, disabled: false, hidden: undefined, maxlength: 64 })
  assert.equal(html`<input ${some}>`.toString(), '<input required maxlength="64">')
  for (const name of ['onclick', 'style', 'srcdoc', 'a b', 'x"', 'x=', '']) {
    assert.throws(() => attributes({ [name]: 'x' }), TypeError, name)
  }
})

test('an address that could run is refused, in every spelling that a browser understands', () => {
  const running = [
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'java\tscript:alert(1)',
    '\u0001javascript:alert(1)',
    'javascript\u0000:alert(1)',
    'vbscript:x',
    'data:text/html,<script>alert(1)</script>',
    'blob:x',
    'file:///etc/passwd',
  ]
  for (const address of running) {
    assert.throws(() => html`<a href="${address}">x</a>`, TypeError, JSON.stringify(address))
    assert.throws(() => html`<form action="${address}">`, TypeError, JSON.stringify(address))
    assert.throws(() => attributes({ href: address }), TypeError, JSON.stringify(address))
  }
  for (const address of [
    '/login',
    'login?a=b:c',
    'https://example.com/',
    '#top',
    'mailto:a@example.com',
    './x:y',
  ]) {
    assert.match(html`<a href="${address}">x</a>`.toString(), /href="[^"]+"/)
  }
})

test('a gap where no escaping helps throws', () => {
  const hopeless: readonly (() => unknown)[] = [
    () => html`<script>${'x'}</script>`,
    () => html`<script>let a = "${'x'}"</script>`,
    () => html`<style>${'x'}</style>`,
    () => html`<p class=${'x'}>`,
    () => html`<${'p'}>`,
    () => html`<p${'x'}>`,
    () => html`<p da${'x'}ta="y">`,
    () => html`<p ${'class'}="y">`,
    () => html`<p onclick="${'x'}">`,
    () => html`<p style="${'x'}">`,
    () => html`<p title='${'x'}'>`,
    () => html`<p title="${html`<b>`}">`,
    () => html`<p>${attributes({ id: 'x' })}</p>`,
    () => html`<p ${'id'}>`,
  ]
  for (const [at, write] of hopeless.entries()) assert.throws(write, TypeError, String(at))
})

test('only html makes html: nothing that was parsed or copied passes for it', () => {
  const real = html`<b>x</b>`
  const copies = [{ ...real }, JSON.parse('{"toString": "<b>"}'), Object.create(null), String(real)]
  for (const copy of copies) {
    let text = ''
    try {
      text = html`<p>${copy as HtmlValue}</p>`.toString()
    } catch {
      continue
    }
    assert.doesNotMatch(text, /<b>/)
  }
  assert.equal(html`<p>${real}</p>`.toString(), '<p><b>x</b></p>')
})

test('what is absent leaves nothing, and zero is a number', () => {
  assert.equal(html`<p>${undefined}${null}${false}${''}${0}${[]}</p>`.toString(), '<p>0</p>')
})
