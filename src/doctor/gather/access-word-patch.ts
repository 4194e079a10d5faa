import { unifiedDiff } from './unified-diff.ts'

/** A route without an access word, and the source that declares it. */
export interface UndeclaredRoute {
  readonly method: string
  /** As the application answers to it, with the prefixes it is mounted under. */
  readonly path: string
  /** The file, from the current folder. */
  readonly file: string
  /** Counted from 1; undefined where only the file is known. */
  readonly line: number | undefined
  /** All of the file. */
  readonly text: string
}

type Framework = 'fastify' | 'hono' | 'express'

/** A call may be spread over some lines: the path stands on one of the first. */
const LINES_OF_A_CALL = 4

/**
 * The change that gives a route the word `signedIn`, as a unified diff for a person to read and apply: the narrowest guess
 * that is no wrong acceptance. Undefined where the declaration has no form that is known here, or the file has no issuer
 * to take the word from. Reads the text as a person does, line by line; it does not parse the language.
 */
export function proposeAccessWord(route: UndeclaredRoute): string | undefined {
  const lines = route.text.split('\n')
  const framework = frameworkOf(route.text)
  const auth = issuerIn(route.text)
  const at = placeIn(lines, route)
  if (framework === undefined || auth === undefined || at === undefined) return undefined
  const declared = withWord(lines[at.index] ?? '', at, `guard(${auth}.signedIn)`, framework)
  if (declared === undefined) return undefined
  const edits = new Map([[at.index, [declared]]])
  if (!/^import\s*\{[^}]*\bguard\b[^}]*\}\s*from/m.test(route.text)) {
    const [index, now] = withImport(lines, framework)
    if (index === at.index) return undefined
    edits.set(index, now)
  }
  return unifiedDiff(route.file, route.text, edits)
}

function frameworkOf(text: string): Framework | undefined {
  const named =
    /from\s*['"]countersign\/(fastify|hono|express)['"]/.exec(text) ??
    /from\s*['"](fastify|hono|express)['"]/.exec(text)
  return named?.[1] as Framework | undefined
}

/** What the issuer is called in this file. */
function issuerIn(text: string): string | undefined {
  const found =
    /\b(\w+)\.(?:signedIn|anyone|needs)\b/.exec(text) ??
    /\b(?:const|let)\s+(\w+)\s*(?::[^=]+)?=\s*createAuth\(/.exec(text) ??
    /^import\s*\{[^}]*\b(auth)\b[^}]*\}\s*from/m.exec(text) ??
    /\bprotect\(\s*\w+\s*,\s*(\w+)/.exec(text)
  return found?.[1]
}

interface Place {
  readonly index: number
  /** Behind the path and its comma. */
  readonly after: number
  /** The path is a member of an options object, `url: '/orders',`. */
  readonly isMember: boolean
}

function placeIn(lines: readonly string[], { line, method, path }: UndeclaredRoute): Place | undefined {
  const look = (index: number): Place | undefined => placeOnLine(lines[index] ?? '', index, path)
  if (line !== undefined) {
    for (let index = line - 1; index < line - 1 + LINES_OF_A_CALL; index++) {
      const place = look(index)
      if (place !== undefined) return place
    }
    return undefined
  }
  const call = new RegExp(`\\.(?:${method === '*' ? 'all|use' : method.toLowerCase()}|on|route)\\(`)
  const found = lines.flatMap((text, index) => (call.test(text) ? (look(index) ?? []) : []))
  return found.length === 1 ? found[0] : undefined
}

function placeOnLine(text: string, index: number, path: string): Place | undefined {
  for (const match of text.matchAll(/(\burl:\s*)?(['"`])(\/[^'"`]*)\2\s*,\s*/g)) {
    const [whole, member, , literal = ''] = match
    if (literal !== path && literal !== '/' && !path.endsWith(literal)) continue
    return { index, after: match.index + whole.length, isMember: member !== undefined }
  }
  return undefined
}

function withWord(
  line: string,
  { after, isMember }: Place,
  word: string,
  framework: Framework,
): string | undefined {
  const [before, rest] = [line.slice(0, after).replace(/,\s*$/, ', '), line.slice(after)]
  if (isMember) return framework === 'fastify' ? `${before}...${word}, ${rest}`.trimEnd() : undefined
  const isOptions = framework === 'fastify' && rest.startsWith('{')
  if (!isOptions) return `${before}${word}, ${rest}`.trimEnd()
  // A config of its own would take the place of the one that holds the word.
  if (/\bconfig\b/.test(rest)) return undefined
  return `${before}{ ...${word}, ${rest.slice(1).trimStart()}`.trimEnd()
}

/** `guard` beside what the file takes from our door already, or in a line of its own. */
function withImport(lines: readonly string[], framework: Framework): [number, string[]] {
  const door = lines.findIndex((line) => new RegExp(`from\\s*['"]countersign/${framework}['"]`).test(line))
  const known = lines[door]
  if (known !== undefined && /^import\s*\{/.test(known)) {
    return [door, [known.replace(/^import\s*\{\s*/, 'import { guard, ')]]
  }
  const first = Math.max(
    0,
    lines.findIndex((line) => line.startsWith('import ')),
  )
  return [first, [`import { guard } from 'countersign/${framework}'`, lines[first] ?? '']]
}
