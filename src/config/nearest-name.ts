/**
 * The known name that a misspelt one was most likely meant to be, or undefined. Case and separators do not count; slips
 * do, two at most, and one for every so many letters: a short name is soon near to any other.
 */
export function nearestName(
  misspelt: string,
  known: Iterable<string>,
  lettersPerSlip: number,
): string | undefined {
  const plain = withoutSeparators(misspelt)
  let nearest: { readonly name: string; readonly slips: number } | undefined
  for (const name of known) {
    const target = withoutSeparators(name)
    const most = Math.min(2, Math.floor(target.length / lettersPerSlip))
    if (Math.abs(target.length - plain.length) > most) continue
    const slips = editDistance(plain, target, most)
    if (slips <= most && slips < (nearest?.slips ?? Number.POSITIVE_INFINITY)) nearest = { name, slips }
  }
  return nearest?.name
}

function withoutSeparators(name: string): string {
  return name.toLowerCase().replaceAll(/[_\-. ]/g, '')
}

/**
 * How many characters must be put in, taken out or replaced, or neighbours swapped (optimal string alignment); infinity
 * as soon as that is sure to be more than `most`.
 */
export function editDistance(a: string, b: string, most = Number.POSITIVE_INFINITY): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    // A swap goes on from the row before.
    if (Math.min(...last, ...current) > most) return Number.POSITIVE_INFINITY
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}
