/** As long as an authorization request may be, which goes on after the sign-in. */
const LONGEST = 16_384
/** Stands for our own origin: what a path is relative to must not matter. */
const HERE = 'https://here.invalid'

/**
 * Where somebody is led after a form: a path of our own origin, in the form in which it stands in a Location header;
 * undefined for anything that a browser could read as another place (rule D6). Whether there is such a page is not
 * looked at.
 */
export function readReturnPath(text: string | undefined): string | undefined {
  if (text === undefined || text.length > LONGEST) return undefined
  // Browsers read `\` as `/`, and drop tabs and line breaks wherever they stand.
  if (!/^\/(?![/\\])/.test(text) || /[\\\p{Cc}\s]/u.test(text) || !text.isWellFormed()) return undefined
  const url = URL.parse(text, HERE)
  if (url === null || url.origin !== HERE || url.username !== '' || url.password !== '') return undefined
  // Dots can turn an honest path into one of two slashes: `/.//evil.example`.
  return url.pathname.startsWith('//') ? undefined : url.pathname + url.search + url.hash
}
