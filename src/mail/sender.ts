/** Who a letter is from: the parts of `Name <address>`, apart. */
export interface Sender {
  /** May be empty. */
  readonly name: string
  readonly address: string
}

/** No part in quotes and no comment: programs read them differently (RFC 5322 section 3.4.1 has both). */
const SENDER = /^(?:([^<>]*)<([^<>]+)>|([^<>]+))$/
const ADDRESS = /^[^\s<>@,;:()[\]\\"]+@[^\s<>@,;:()[\]\\"]+$/

/**
 * The sender that one line names: an address, or a name and one in angle brackets; undefined where it is not exactly one.
 * All that stands before the bracket is the name, with or without quotes around it: whoever sends a letter writes it in
 * such a way that no comma or colon in it means anything.
 */
export function parseSender(line: string): Sender | undefined {
  const [, named = '', bracketed, bare] = SENDER.exec(line) ?? []
  const address = bracketed ?? bare ?? ''
  const quoted = /^"(.*)"$/.exec(named.trim())?.[1]
  return ADDRESS.test(address)
    ? { name: quoted?.replaceAll(/\\(.)/g, '$1') ?? named.trim(), address }
    : undefined
}
