import type { Bar } from './picture.ts'
import { keepingOutput, type Section, writeReport } from './report.ts'

/**
 * Measures side by side, in one run: `npm run bench -- start`. Without names it runs all and writes docs/benchmarks.md;
 * figures are for comparing, not for keeping.
 */
const BENCHES: Readonly<Record<string, () => Promise<object>>> = {
  start: () => import('./start.ts'),
  revocation: async () => (await import('./revocation.ts')).report(),
  refresh: () => import('./refresh.ts'),
  setups: () => import('./setups.ts'),
  memory: () => import('./memory.ts'),
  costs: () => import('./costs.ts'),
  tickets: () => import('./tickets.ts'),
  limiter: () => import('./limiter.ts'),
  'revocation-delay': () => import('./revocation-delay.ts'),
  oauth: () => import('./oauth.ts'),
  guard: () => import('./guard.ts'),
  verify: () => import('./verify.ts'),
  refusals: () => import('./refusals.ts'),
  doctor: () => import('./doctor.ts'),
  client: () => import('./client.ts'),
  enumeration: () => import('./enumeration.ts'),
  'login-flood': () => import('./login-flood.ts'),
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(BENCHES, name))
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}. There are: ${Object.keys(BENCHES).join(', ')}.`)
  process.exit(2)
}
const sections: Section[] = []
const bars: Bar[] = []
for (const name of asked.length > 0 ? asked : Object.keys(BENCHES)) {
  console.log(`\n## ${name}\n`)
  const lines = await keepingOutput(async () => {
    const measured: { readonly bars?: readonly Bar[] } = (await BENCHES[name]?.()) ?? {}
    bars.push(...(measured.bars ?? []))
  })
  sections.push({ name, lines })
}
if (asked.length === 0) writeReport(sections, bars)
