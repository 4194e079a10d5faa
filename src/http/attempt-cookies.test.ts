import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAttemptCookies } from './attempt-cookies.ts'
import { fitsCookie } from './own-cookies.ts'

/** What a browser holds after these attempts, as it sends it. */
function heldAfter(texts: readonly string[]): string {
  const cookies = createAttemptCookies({ https: true })
  const held = new Map([['__Host-other', 'x'.repeat(200)]])
  const header = () => [...held].map(([name, value]) => `${name}=${value}`).join('; ')
  for (const [index, text] of texts.entries()) {
    const request = { header: (name: string) => (name === 'cookie' ? header() : undefined) }
    for (const line of cookies.keep(request, `state ${index}`, text)) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') held.delete(name)
      else held.set(name, value)
    }
    const asked = { header: () => header() }
    assert.equal(cookies.read(asked, `state ${index}`), text, 'the newest is there')
  }
  return header()
}

const countIn = (header: string) => header.match(/-with-/g)?.length

test('D1: several sign-ins may be under way in one browser, and the oldest goes', () => {
  assert.equal(countIn(heldAfter(['a', 'b', 'c'])), 3)
  assert.equal(countIn(heldAfter(['a', 'b', 'c', 'd', 'e', 'f'])), 4)
})

test('D1: links to long sign-ins cannot fill a browser with more cookies than a server takes', () => {
  const long = 'x'.repeat(3800)
  assert.ok(fitsCookie(long) && !fitsCookie(`${long}x`))
  for (const texts of [
    Array(10).fill(long),
    [long, 'a', long, 'b', long],
    Array(10).fill(long.slice(0, 1500)),
  ]) {
    assert.ok(heldAfter(texts).length < 6000)
  }
  assert.equal(countIn(heldAfter([long, long, 'a', 'b'])), 3, 'only what is too much goes')
})
