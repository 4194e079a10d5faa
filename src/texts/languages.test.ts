import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseLanguage, LANGUAGES, type Language } from './languages.ts'

const choose = (uiLocales?: string, cookie?: string, acceptLanguage?: string) =>
  chooseLanguage({ uiLocales, cookie, acceptLanguage })

test('what is asked for here counts first, then what was chosen, then what the browser says, then English', () => {
  assert.equal(choose('de', 'ar', 'en'), 'de')
  assert.equal(choose('fr de', 'ar', 'en'), 'de')
  assert.equal(choose('fr', 'ar', 'en'), 'ar')
  assert.equal(choose(undefined, 'xx', 'de-AT,de;q=0.9,en;q=0.8'), 'de')
  assert.equal(choose(undefined, undefined, 'fr-FR, en;q=0.3, ar;q=0.7'), 'ar')
  assert.equal(choose(undefined, undefined, 'de;q=0, en;q=0.1'), 'en')
  assert.equal(choose(undefined, undefined, '*'), 'en')
  assert.equal(choose(), 'en')
})

test('nothing that is sent makes it anything but a language there is', () => {
  for (const text of [
    '__proto__',
    'constructor',
    'toString',
    '../en',
    'de\u0000',
    ';q=1',
    'x'.repeat(100_000),
  ]) {
    for (const language of [choose(text), choose(undefined, text), choose(undefined, undefined, text)]) {
      assert.ok(Object.hasOwn(LANGUAGES, language), text)
    }
  }
  assert.equal(choose('DE-de'), 'de')
})

/** Every sentence of a catalogue, with the place where it stands; what takes values is tried with some. */
function sentencesOf(part: unknown, path: string): [string, string][] {
  if (typeof part === 'string') return [[path, part]]
  if (typeof part === 'function') {
    const counts = [0, 1, 2, 3, 11, 100]
    return counts.map((count) => [
      path,
      String(
        path.match(/common\.(device|pageTitle)$|(?:consent\.lead|device\.askLead)$/)
          ? part('Firefox', 'Linux')
          : part(count),
      ),
    ])
  }
  return Object.entries(part as object).flatMap(([name, inner]) => sentencesOf(inner, `${path}.${name}`))
}

test('every language says everything: no sentence is empty, left in English or left without its number', async () => {
  const english = new Map(sentencesOf(await LANGUAGES.en.load(), 'texts'))
  /** Words that are the same. */
  const SAME = ['texts.factors.passkeys', 'texts.fields.code', 'texts.apiKeys.name', 'texts.common.pageTitle']
  for (const language of Object.keys(LANGUAGES) as Language[]) {
    const sentences = sentencesOf(await LANGUAGES[language].load(), 'texts')
    assert.deepEqual([...new Set(sentences.map(([path]) => path))].sort(), [...english.keys()].sort())
    for (const [path, sentence] of sentences) {
      assert.ok(
        sentence.trim() !== '' && !/undefined|\[object|#/.test(sentence),
        `${language} ${path}: ${sentence}`,
      )
      assert.doesNotMatch(sentence, /!|Oops/i, `${language} ${path}: no exclamation marks`)
      if (language === 'en' || SAME.includes(path)) continue
      assert.notEqual(sentence, english.get(path), `${language} ${path}`)
    }
  }
})

test('Arabic counts in its six forms', async () => {
  const { sessionCount } = (await LANGUAGES.ar.load()).account
  assert.equal(
    new Set([0, 1, 2, 3, 11, 100].map((count) => sessionCount(count).replace(/[\d٠-٩]+ /, ''))).size,
    6,
  )
})
