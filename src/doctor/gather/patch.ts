import type { Evidence } from '../evidence.ts'
import type { Diagnosis } from '../finding.ts'
import { operationsOf, schemesOf } from '../openapi-facts.ts'
import { clipped } from '../words.ts'

const LONGEST_LINE = 2000

/**
 * A change as a diff, where the cause lies in the configuration or in an API document: for a person to read and apply.
 * Undefined where it lies elsewhere.
 */
export function proposePatch({ causes }: Diagnosis, evidence: Evidence): string | undefined {
  const [first] = causes
  if (first === undefined) return undefined
  const { config, openapi, tokens } = evidence
  if (first.code === 'ISS_TRAILING_SLASH' && config?.issuer !== undefined && tokens !== undefined) {
    const other = config.issuer.endsWith('/') ? config.issuer.slice(0, -1) : `${config.issuer}/`
    return diff('.env', [`ISSUER=${config.issuer}`], [`ISSUER=${other}`])
  }
  if (openapi === undefined) return undefined
  const [scheme = 'bearer'] = Object.keys(schemesOf(openapi))
  if (first.code === 'DOCS_NO_SCHEME' || first.code === 'DOCS_AUTH_AS_PARAMETER') {
    return diff(
      'openapi.json',
      [],
      [
        '  "components": { "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } } },',
        '  "security": [{ "bearer": [] }],',
      ],
    )
  }
  if (first.code === 'DOCS_OPERATION_NO_SECURITY') {
    const [bare] = operationsOf(openapi).filter(({ security }) => security === undefined)
    return diff(
      'openapi.json',
      [],
      [`  // paths["${bare?.path}"].${bare?.method.toLowerCase()}`, `  "security": [{ "${scheme}": [] }],`],
    )
  }
  const wanted = /set it to `([^`]+)`/.exec(first.fix.join(' '))?.[1]
  const given = /token at `([^`]+)`/.exec(first.evidence.join(' '))?.[1]
  if (first.code === 'DOCS_TOKEN_URL' && wanted !== undefined && given !== undefined) {
    return diff('openapi.json', [`  "tokenUrl": "${given}"`], [`  "tokenUrl": "${wanted}"`])
  }
  return undefined
}

function diff(file: string, before: readonly string[], after: readonly string[]): string {
  return [
    `--- ${file}`,
    `+++ ${file}`,
    '@@ proposed, not applied @@',
    // A document of somebody else's has no say over the terminal, nor over a line of its own.
    ...before.map((line) => `-${clipped(line, LONGEST_LINE)}`),
    ...after.map((line) => `+${clipped(line, LONGEST_LINE)}`),
  ].join('\n')
}
