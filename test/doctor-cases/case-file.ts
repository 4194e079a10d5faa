import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Edit, Sign } from './tokens.ts'

type Members = Readonly<Record<string, unknown>>

export interface TokenSpec {
  readonly like?: string
  readonly header?: Members
  readonly claims?: Members
  readonly drop?: readonly string[]
  readonly sign?: Sign | null
  readonly edits?: readonly Edit[]
  readonly text?: unknown
}

export interface Expectation {
  readonly codes: readonly string[]
  readonly also_ok?: readonly string[]
  readonly second_ok?: readonly string[]
  readonly certainty: 'certain' | 'probable'
  readonly ruled_out: readonly string[]
  readonly mention: readonly (readonly string[])[]
  readonly fix: readonly (readonly string[])[]
  readonly must_not_say: readonly string[]
  readonly exit: 0 | 1 | 2
}

export interface DoctorCase {
  readonly id: string
  readonly title: string
  readonly group: string
  readonly now?: number
  readonly tokens?: Readonly<Record<string, TokenSpec>>
  readonly evidence: readonly (Members & { readonly kind: string })[]
  readonly expect: Expectation
  readonly note?: string
}

export interface Fixtures {
  readonly now: number
  readonly keys: Readonly<Record<string, string>>
  readonly configs: Readonly<Record<string, Members>>
  readonly tokens: Readonly<Record<string, TokenSpec>>
}

export interface Judging {
  readonly negators: readonly string[]
  readonly never_advise: readonly string[]
}

export interface CaseFile {
  readonly fixtures: Fixtures
  readonly cases: readonly DoctorCase[]
  readonly judging: Judging
  /** Codes of the registry, in its order; empty where no registry is at hand. */
  readonly registry: readonly string[]
}

const CASE_MEMBERS = ['id', 'title', 'group', 'now', 'tokens', 'evidence', 'expect', 'note']
const EXPECT_MEMBERS = [
  'codes',
  'also_ok',
  'second_ok',
  'certainty',
  'ruled_out',
  'mention',
  'fix',
  'must_not_say',
  'exit',
]
const FILE_MEMBERS = [
  'schema',
  'purpose',
  'from',
  'vocabulary',
  'judging',
  'fixtures',
  'code_registry',
  'cases',
]

/** Reads a case file; what it leaves out is taken from the file it names in `from`. Throws on what it does not know. */
export function readCaseFile(path: string): CaseFile {
  const file = JSON.parse(readFileSync(path, 'utf8'))
  refuseUnknown(file, FILE_MEMBERS, path)
  if (file.schema !== 2) throw new Error(`${path}: schema is ${file.schema}, and this program plays schema 2`)
  const base = file.judging === undefined || file.code_registry === undefined ? baseOf(path) : {}
  const registry = (file.code_registry ?? base.code_registry ?? []).map(({ code }: { code: string }) => code)
  const ids = new Set<string>()
  for (const one of file.cases as DoctorCase[]) {
    refuseUnknown(one, CASE_MEMBERS, `case ${one.id}`)
    refuseUnknown(one.expect, EXPECT_MEMBERS, `case ${one.id}: expect`)
    if (ids.has(one.id)) throw new Error(`case ${one.id} stands twice`)
    ids.add(one.id)
    const { codes, also_ok = [], second_ok = [], ruled_out } = one.expect
    const unknown = [...codes, ...also_ok, ...second_ok, ...ruled_out].find(
      (code) => registry.length > 0 && !registry.includes(code),
    )
    if (unknown !== undefined) throw new Error(`case ${one.id}: ${unknown} is not in the registry`)
  }
  return { fixtures: file.fixtures, cases: file.cases, judging: file.judging ?? base.judging, registry }
}

/** The shared file beside the clone, where there is one; else what of it we keep ourselves. */
function baseOf(path: string) {
  const places = [
    join(dirname(path), 'doctor-cases.json'),
    join(import.meta.dirname, '..', '..', '..', 'shared', 'doctor-cases.json'),
    join(import.meta.dirname, 'judging.json'),
  ]
  const place = places.find((one) => one !== path && existsSync(one))
  return place === undefined ? {} : JSON.parse(readFileSync(place, 'utf8'))
}

function refuseUnknown(value: object, known: readonly string[], where: string): void {
  const odd = Object.keys(value).find((name) => !known.includes(name))
  if (odd !== undefined) throw new Error(`${where}: nobody knows the member ${odd}`)
}
