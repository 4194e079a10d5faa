import type { Access, Principal } from 'countersign'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { auth, FROM_NEXT } from './auth'

type Word<Who> = (own: ReturnType<typeof auth>) => Access<Who>
type Params = Readonly<Record<string, string>>

/** A route handler with its access word: `export const GET = guard(({ signedIn }) => signedIn, handler)`. */
export function guard<Who>(
  word: Word<Who>,
  handle: (request: Request, context: { principal: Who; params: Params }) => Response | Promise<Response>,
) {
  return async (request: Request, context: { params: Promise<Params> }): Promise<Response> => {
    const params = await context.params
    const checked = await auth().check(request, word(auth()), { ...FROM_NEXT, params })
    return checked.ok ? handle(request, { principal: checked.principal, params }) : checked.response
  }
}

/** For a page: who is signed in. Everybody else is led to the sign-in, and back. */
export async function visitor(path: string): Promise<Principal> {
  // First of all: with this Next knows that the page is made for each request, and not while it builds.
  const sent = await headers()
  const request = new Request(auth().issuer + path, { headers: sent })
  const checked = await auth().check(request, auth().signedIn, FROM_NEXT)
  if (checked.ok) return checked.principal
  if (checked.response.status === 401) redirect(`/login?return_to=${encodeURIComponent(path)}`)
  throw new Error(`the page was refused: ${checked.response.status}`)
}
