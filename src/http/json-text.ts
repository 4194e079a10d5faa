import { AuthError } from '../errors/auth-error.ts'

/** Levels of arrays and objects that a body may have. Nothing asks for more, and writing deep ones down again may fail. */
const DEPTH = 16

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g

/**
 * Parses a JSON body (RFC 8259). Two parsers may disagree on which of two members of one name counts, so such a body is
 * refused, as a form is that sends a parameter twice. Throws `BODY_MALFORMED`, and `REQUEST_INVALID` for a name that
 * stands twice. The caller limits the size.
 */
export function parseJson(text: string): unknown {
  const value = parse(text)
  refuseNamesTwice(text)
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, and the text may hold a password.
    throw new AuthError('BODY_MALFORMED', { details: { why: 'not JSON' } })
  }
}

/** Walks over a text that is known to be JSON: one level for each bracket, and the names that it has so far. */
function refuseNamesTwice(text: string): void {
  const levels: Set<string>[] = []
  let last = ''
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') {
      if (levels.push(new Set()) > DEPTH)
        throw new AuthError('BODY_MALFORMED', { details: { why: 'too deep' } })
    } else if (token === '}' || token === ']') levels.pop()
    else if (token === ':') {
      const name: string = JSON.parse(last)
      const names = levels.at(-1)
      if (names?.has(name)) {
        throw new AuthError('REQUEST_INVALID', {
          fields: [{ field: shortName(name), message: 'Sent twice.' }],
        })
      }
      names?.add(name)
    }
    last = token
  }
}

/** A name the client made up, made fit for an answer and a log. */
export function shortName(name: string): string {
  return name.replace(/[^\x21-\x7e]/g, '?').slice(0, 64)
}
