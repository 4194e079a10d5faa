/** In what way parts of a token are not canonical base64url (RFC 7515 section 2), for people; undefined if they are. */
export function canonicalFault(parts: readonly string[]): string | undefined {
  if (parts.length !== 3) return `it has ${parts.length} parts instead of three`
  for (const [index, part] of parts.entries()) {
    const name = ['header', 'payload', 'signature'][index]
    if (part.includes('=')) return `the ${name} carries padding (\`=\`)`
    if (/[+/]/.test(part)) return `the ${name} uses the alphabet of standard base64 (\`+\`, \`/\`)`
    if (!/^[\w-]*$/.test(part)) return `the ${name} contains a character that is not base64url`
    if (part.length % 4 === 1) return `the ${name} has a length that base64url cannot have`
    if (Buffer.from(part, 'base64url').toString('base64url') !== part) {
      return `the last character of the ${name} has stray bits that carry no data`
    }
  }
  return undefined
}
