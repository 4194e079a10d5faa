// What a service does that only verifies, in whatever runtime; tells on its last line what came of it.
import { createVerifier } from '../../../src/verify.ts'

const { issuer, token, clientId, clientSecret } = JSON.parse(process.argv[2] ?? '{}')
const LIMIT_MILLISECONDS = 60_000

const verifier = createVerifier({
  issuer,
  audience: issuer,
  scopes: ['profile:read', 'admin:keys'],
  revocations: { clientId, clientSecret, maxStalenessSeconds: 60 },
})
await verifier.ready()

async function verdict(bearer: string | undefined, access = verifier.signedIn): Promise<string> {
  const headers: Record<string, string> = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
  const checked = await verifier.check(new Request('https://api.example.com/orders', { headers }), access)
  if (checked.ok) return checked.principal.id
  const { code } = (await checked.response.json()) as { code: string }
  return `${checked.response.status} ${code}`
}
const [head, body, signature = ''] = String(token).split('.')
const other = signature[5] === 'A' ? 'B' : 'A'
const forged = `${head}.${body}.${signature.slice(0, 5)}${other}${signature.slice(6)}`
const found = {
  good: await verdict(token),
  again: await verdict(token),
  none: await verdict(undefined),
  odd: await verdict('x'),
  forged: await verdict(forged),
  scope: await verdict(token, verifier.needs({ scopes: ['admin:keys'] })),
}
await fetch(`${issuer}/logout`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
const began = Date.now()
let revoked = await verdict(token)
while (!revoked.startsWith('401') && Date.now() - began < LIMIT_MILLISECONDS) {
  await new Promise((resolve) => setTimeout(resolve, 50))
  revoked = await verdict(token)
}
await verifier.close()
console.log(JSON.stringify({ ...found, revoked }))
