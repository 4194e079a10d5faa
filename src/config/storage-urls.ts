import { z } from 'zod'
import { Secret } from './secret.ts'
import type { ValueKind } from './setting.ts'

/** PostgreSQL's own programs also read several servers, and a user before a socket: neither is a URL. */
const POSTGRES = 'a `postgres://` URL of one server (of a socket: `postgres:///name?host=/folder&user=name`)'

/** A database: SQLite by path or PostgreSQL by URL. Whether it can be reached is seen at the start. */
export function databaseUrl(): ValueKind<Secret, string> {
  return urlThat(
    `\`sqlite:\` and a path (such as \`sqlite:./data/countersign.db\`) or ${POSTGRES}`,
    (text) => /^sqlite:(?!\/\/)[^\0]+$/.test(text) || isUrlOf(['postgres:', 'postgresql:'], text),
  )
}

export function postgresUrl(): ValueKind<Secret, string> {
  return urlThat(POSTGRES, (text) => isUrlOf(['postgres:', 'postgresql:'], text))
}

export function redisUrl(): ValueKind<Secret, string> {
  return urlThat('a `redis://` or `rediss://` URL', (text) => isUrlOf(['redis:', 'rediss:'], text))
}

export function smtpUrl(): ValueKind<Secret, string> {
  return urlThat('an `smtp://` or `smtps://` URL', (text) => isUrlOf(['smtp:', 'smtps:'], text))
}

/** A place that is called, whose path may be a secret, as those of chats are. */
export function secretHttpUrl(): ValueKind<Secret, string> {
  return urlThat('an `http://` or `https://` URL', (text) => isUrlOf(['http:', 'https:'], text), maskPath)
}

function maskPath(text: string): string {
  return `${new URL(text).origin}/***`
}

/** A URL with the password taken out, and its parameters, for some drivers take a password there too. */
export function maskUrl(text: string): string {
  if (text.startsWith('sqlite:') || !URL.canParse(text)) return text.startsWith('sqlite:') ? text : 'set'
  const url = new URL(text)
  if (url.password !== '') url.password = '***'
  if (url.search !== '') url.search = '?***'
  return url.href
}

function urlThat(
  expects: string,
  holds: (text: string) => boolean,
  mask = maskUrl,
): ValueKind<Secret, string> {
  const error = `must be ${expects}`
  return {
    schema: z
      .string({ error })
      .refine((text) => text.length <= 2048 && holds(text), { error })
      .transform((text) => new Secret(text, mask)),
    expects,
    fromText: (text) => text,
  }
}

function isUrlOf(protocols: readonly string[], text: string): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol) && /^[a-z]+:\/\/./.test(text)
}
