// `npm run doctor-cases -- FILE …`: plays case files, prints what each case missed, and closes with `N passed, M failed`.
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readCaseFile } from './case-file.ts'
import { playCases } from './play.ts'

const args = process.argv.slice(2)
const verbose = args.includes('--print')
const asked = args.filter((arg) => !arg.startsWith('--')).map((arg) => resolve(arg))
const own = join(import.meta.dirname, 'cases')
const files = asked.length > 0 ? asked : readdirSync(own).map((name) => join(own, name))
const missing = files.find((file) => !existsSync(file))
if (missing !== undefined) {
  console.error(`usage: npm run doctor-cases -- FILE   (there is no ${missing})`)
  process.exit(2)
}

let passed = 0
let failed = 0
let falseCertainties = 0
const shown = new Set<string>()
const registry = new Set<string>()
for (const file of files) {
  const caseFile = readCaseFile(file)
  for (const code of caseFile.registry) registry.add(code)
  for (const { id, title, faults, falseCertainty, printed, shown: codes } of playCases(caseFile)) {
    if (falseCertainty) falseCertainties++
    for (const code of codes) shown.add(code)
    if (faults.length === 0) passed++
    else {
      failed++
      console.log(`FAILED ${id} (${title})`)
      for (const fault of faults) console.log(`  ${fault}`)
    }
    if (verbose) console.log(`--- ${id}: ${title}\n${printed}`)
  }
}
console.log(`${shown.size} of ${registry.size} codes shown, false certainty ${falseCertainties}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
