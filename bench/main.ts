/** Measures side by side, in one run: `npm run bench -- start`. Figures are for comparing, not for keeping. */
const BENCHES: Readonly<Record<string, () => Promise<unknown>>> = {
  start: () => import('./start.ts'),
  revocation: () => import('./revocation.ts'),
  refresh: () => import('./refresh.ts'),
  'revocation-delay': () => import('./revocation-delay.ts'),
  oauth: () => import('./oauth.ts'),
  guard: () => import('./guard.ts'),
  verify: () => import('./verify.ts'),
  refusals: () => import('./refusals.ts'),
  client: () => import('./client.ts'),
  enumeration: () => import('./enumeration.ts'),
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(BENCHES, name))
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}. There are: ${Object.keys(BENCHES).join(', ')}.`)
  process.exit(2)
}
for (const name of asked.length > 0 ? asked : Object.keys(BENCHES)) {
  console.log(`\n## ${name}\n`)
  await BENCHES[name]?.()
}
