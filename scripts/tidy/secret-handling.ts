/** What source code does with secrets that must be done in one place only (rule G-11). */
const ONE_PLACE: readonly (readonly [places: readonly string[], pattern: RegExp, why: string])[] = [
  [
    // The second is for pages, which load nothing of the server's.
    ['src/base/random.ts', 'src/client/surroundings.ts'],
    /\b(randomBytes|randomUUID|getRandomValues|randomInt|randomFill(?:Sync)?|Math\.random)\b/,
    'takes randomness from elsewhere than base/random',
  ],
  [['src/base/constant-time.ts'], /\btimingSafeEqual\b/, 'compares in constant time by itself'],
]

const SECRET = String.raw`[\w.?]*(?:[sS]ecret|[pP]assword|[dD]igest|[hH]ash|\bmac|Mac|[sS]ignature|[aA]ssertion|[oO]tp)`
/** A literal, or what is no value of the client's: nothing is told by how long such a comparison takes. */
const NO_VALUE = String.raw`(?!undefined\b|null\b|true\b|false\b|['"\d\`(])`
const COMPARED = new RegExp(
  String.raw`(?<!typeof )\b${SECRET}\s*[!=]==?\s*${NO_VALUE}[\w.?]+(?![\w.?]*\.(?:length|byteLength))|[\w.\]]+\s*[!=]==?\s*${SECRET}\b(?!\.(?:length|byteLength)|\()`,
)

/** Lines that compare a secret with `===`, whose time tells how much was right, or make one out of something guessable. */
export function findSecretHandling(path: string, text: string): string[] {
  if (!path.startsWith('src/') || path.endsWith('.test.ts') || path.startsWith('src/testing/')) return []
  return text.split('\n').flatMap((line, index) => {
    const code = line.replace(/^\s*(\/\/|\*|\/\*\*).*$/, '')
    const where = `${path}:${index + 1}`
    return [
      ...ONE_PLACE.flatMap(([places, pattern, why]) =>
        !places.includes(path) && pattern.test(code) ? [`${where} ${why}`] : [],
      ),
      ...(COMPARED.test(code) ? [`${where} compares a secret: use equalInConstantTime`] : []),
    ]
  })
}
