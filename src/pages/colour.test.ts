import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accentOn, contrastOf } from './colour.ts'
import { PALETTES } from './style.ts'

/** Brand colours of every kind, the ones that cannot be read on their own among them. */
const COLOURS = [
  ...['#000000', '#ffffff', '#ffff00', '#00ff00', '#ff0000', '#0000ff', '#808080', '#767676', '#14171b'],
  ...['#1f4f8f', '#635bff', '#ff6600', '#0a0a0a', '#fefefe', '#7f7f00', '#00ffff', '#ff00ff', '#36454f'],
]

test('whatever the colour of the brand, text on it and text in it can be read, on light and on dark', () => {
  const every = Array.from({ length: 512 }, (_, at) => {
    const part = (bits: number) => (((at >> bits) & 7) * 36).toString(16).padStart(2, '0')
    return `#${part(0)}${part(3)}${part(6)}`
  })
  for (const colour of [...COLOURS, ...every]) {
    for (const { paper } of Object.values(PALETTES)) {
      const { fill, onFill, text } = accentOn(paper, colour)
      assert.ok(contrastOf(onFill, fill) >= 4.5, `${colour} on ${paper}: ${onFill} on ${fill}`)
      assert.ok(contrastOf(text, paper) >= 4.5, `${colour} on ${paper}: text ${text}`)
      assert.ok(contrastOf(fill, paper) >= 3, `${colour} on ${paper}: fill ${fill}`)
    }
  }
})

test('a colour that can be read stays as it is', () => {
  assert.deepEqual(accentOn('#ffffff', '#1f4f8f'), { fill: '#1f4f8f', onFill: '#ffffff', text: '#1f4f8f' })
})

test('our own tokens can be read: 4.5 : 1 for text, 3 : 1 for the lines of fields', () => {
  for (const { paper, soft, ink, muted, danger, ok, line } of Object.values(PALETTES)) {
    for (const ground of [paper, soft]) {
      for (const text of [ink, muted, danger, ok])
        assert.ok(contrastOf(text, ground) >= 4.5, `${text} on ${ground}`)
    }
    assert.ok(contrastOf(line, paper) >= 3, `${line} on ${paper}`)
  }
})

test('contrast is that of WCAG', () => {
  assert.equal(contrastOf('#000000', '#ffffff').toFixed(2), '21.00')
  assert.equal(contrastOf('#777777', '#ffffff').toFixed(2), '4.48')
  assert.equal(contrastOf('#767676', '#ffffff').toFixed(2), '4.54')
})
