import { Refusal } from '../../errors/refusal.ts'
import { guardRequestOf } from '../../guard/guard-request.ts'
import type { Principal } from '../../model/principal.ts'
import type { RouteContext } from '../route.ts'
import { inBrowser } from './page-route.ts'

/** Who is signed in, on a page that is for anyone. */
export async function findSignedIn({
  request,
  services,
  address,
}: Pick<RouteContext, 'request' | 'services' | 'address'>): Promise<Principal | undefined> {
  // As for a page that is only looked at, whatever the request itself does.
  const asked = { ...guardRequestOf(request, { address }), method: 'GET' }
  const verdict = await services.guard(asked, inBrowser)
  return verdict instanceof Refusal ? undefined : verdict
}

export async function isSignedIn(context: Parameters<typeof findSignedIn>[0]): Promise<boolean> {
  return (await findSignedIn(context)) !== undefined
}
