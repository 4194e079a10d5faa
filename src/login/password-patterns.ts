/** What follows one another in an alphabet or lies side by side on a keyboard; read in both directions. */
const ROWS = [
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'абвгдеёжзийклмнопрстуфхцчшщъыьэюя',
  ...['qwertyuiop[]', "asdfghjkl;'", 'zxcvbnm,./', '!@#$%^&*()_+'],
  ...['qwertzuiopü', 'yxcvbnm', 'azertyuiop', 'qsdfghjklm', 'wxcvbn'],
  ...['йцукенгшщзхъ', 'фывапролджэ', 'ячсмитьбю'],
  ...['1qaz', '2wsx', '3edc', '4rfv', '5tgb', '6yhn', '7ujm', '8ik,', '9ol.', '0p;/'],
].flatMap((row) => [row, [...row].reverse().join('')])

/** Two neighbours are chance, three are a habit. */
const LEAST_RUN = 3

/** What a text is a repetition of: `abcabcab` of `abc`; the text itself if of nothing shorter than its half. */
export function repeatedUnit(text: string): string {
  for (let length = 1; length * 2 <= text.length; length++) {
    if (text.startsWith(text.slice(length))) return text.slice(0, length)
  }
  return text
}

/** A text cut into runs (`abcd`, `4321`, `qwer`, `aaaa`) and what stands between them. */
export function splitRuns(text: string): readonly { readonly text: string; readonly isRun: boolean }[] {
  const pieces: { text: string; isRun: boolean }[] = []
  for (let start = 0; start < text.length; ) {
    const length = runLength(text, start)
    const isRun = length >= LEAST_RUN
    const piece = text.slice(start, start + (isRun ? length : 1))
    const last = pieces.at(-1)
    if (last !== undefined && !isRun && !last.isRun) last.text += piece
    else pieces.push({ text: piece, isRun })
    start += piece.length
  }
  return pieces
}

function runLength(text: string, start: number): number {
  const character = text.charAt(start)
  let longest = 1
  while (text[start + longest] === character) longest++
  for (const row of ROWS) {
    const from = row.indexOf(character)
    if (from < 0) continue
    let length = 1
    while (from + length < row.length && row[from + length] === text[start + length]) length++
    longest = Math.max(longest, length)
  }
  return longest
}
