import { domainToASCII } from 'node:url'
import { isUuid } from '../base/uuid.ts'

/** Text longer than this is no name: a mail address has 254 bytes at most. Bounds the work before it is looked at. */
const MOST_CHARACTERS = 512

const USERNAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{2,63}$/u
// A dot-atom (RFC 5322 section 3.2.3) with the letters of RFC 6531. No quoted form, no comments: nobody types them,
// and every program reads them differently.
const LOCAL_PART = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u
const DOMAIN_AS_TYPED = /^[\p{L}\p{M}\p{N}.-]+$/u
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/

/** What is checked, stored and compared is this one form, made before anything is looked at: `＠` is `@` (rule E17). */
function normalForm(text: string): string {
  return text.length > MOST_CHARACTERS ? '' : text.normalize('NFKC').trim()
}

/**
 * A mail address in the form in which it is stored and written to, or undefined if it is none: Unicode NFKC, white
 * space around it dropped, exactly one `@`, a domain with a dot in lower case and ASCII (IDNA). The part before the
 * `@` stays as typed, for only its own server may say whether case matters there; two that differ in case are still
 * one account (`loginKey`). Does not check that the address exists: only a mail to it does.
 */
export function parseEmail(text: string): string | undefined {
  const [local = '', domainAsTyped = '', ...more] = normalForm(text).split('@')
  if (more.length > 0 || !LOCAL_PART.test(local) || Buffer.byteLength(local) > 64) return undefined
  const domain = DOMAIN_AS_TYPED.test(domainAsTyped) ? domainToASCII(domainAsTyped) : ''
  const address = `${local}@${domain}`
  return DOMAIN.test(domain) && Buffer.byteLength(address) <= 254 ? address : undefined
}

/**
 * A user name in the form in which it is stored and shown, or undefined if it is none: Unicode NFKC, 3 to 64 letters
 * and digits of any script, and `.`, `_`, `-` after the first. So no `@` (a name is never taken for an address), no
 * white space, control, direction or invisible character, and nothing in the form of our ids. Letters of different
 * scripts that look alike stay different names.
 */
export function parseUsername(text: string): string | undefined {
  const name = normalForm(text)
  return USERNAME.test(name) && !isUuid(name.toLowerCase()) ? name : undefined
}

/**
 * The one key under which an account is found, counted and kept apart from others, of a user name or a mail address as
 * stored or as typed: equal keys, one account. Case does not count. Takes any text; what is no name gets a key that no
 * account has. Mail goes to the stored address, never to the text that was typed to find it.
 */
export function loginKey(name: string): string {
  const text = parseEmail(name) ?? normalForm(name)
  // Lower case alone would keep the two small sigmas apart, which are one letter in capitals.
  return text.toLowerCase().replaceAll('ς', 'σ').normalize('NFKC')
}
