import { AuthError } from '../../errors/auth-error.ts'
import { filesOfPages } from '../../pages/files.ts'
import type { PageHandler } from './page-route.ts'
import { pagesOf } from './view.ts'

/** A file beside the pages. Its name holds a hash of it, so that browsers need never ask again. */
export const sendFile: PageHandler = ({ params, services }) => {
  const found = filesOfPages(pagesOf(services).brand).find(params.file ?? '')
  if (found === undefined) throw new AuthError('NOT_FOUND')
  const { file, isExact } = found
  const headers = {
    'Content-Type': file.mediaType,
    'Cache-Control': isExact ? 'public, max-age=31536000, immutable' : 'no-store',
  }
  const { content } = file
  if (typeof content === 'string') return { status: 200, headers, body: content }
  return { status: 200, headers, body: ReadableStream.from([content]) }
}
