import { z } from 'zod'
import type { Reply } from '../http/reply.ts'
import { text } from '../model/text-field.ts'
import { json } from './route.ts'
import type { Services } from './services.ts'

const MOST = 200
const DEFAULT = 50

/** What every list can be asked for; a list adds its filters. */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^([1-9]\d?|1\d\d|200)$/, `A whole number from 1 to ${MOST}.`)
    .transform(Number)
    .optional()
    .meta({ description: `At most this many; ${DEFAULT} unless said otherwise.` }),
  cursor: text(500).optional().meta({ description: '`next_cursor` of the page before.' }),
}

interface PageRequest {
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

/** A list that is shown page by page. */
export interface List<Item> {
  /** Names the list together with everything it is filtered by. */
  readonly name: string
  /** Items behind a position (of the first page: undefined), at most so many. */
  fetch(after: string | undefined, limit: number): Promise<readonly Item[]>
  positionOf(item: Item): string
  show(item: Item): unknown
}

/** One page: `items`, and the signed cursor of the next page, or null at the end. */
export async function answerPage<Item>(
  { limit = DEFAULT, cursor }: PageRequest,
  list: List<Item>,
  { cursors }: Pick<Services, 'cursors'>,
): Promise<Reply> {
  const after = cursor === undefined ? undefined : cursors.read(list.name, cursor)
  // One more than is shown tells whether there is a next page.
  const found = await list.fetch(after, limit + 1)
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const goesOn = found.length > limit && last !== undefined
  return json({
    items: items.map(list.show),
    next_cursor: goesOn ? cursors.write(list.name, list.positionOf(last)) : null,
  })
}
