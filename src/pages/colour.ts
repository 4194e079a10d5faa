/** Red, green and blue, 0 to 255. */
type Rgb = readonly [number, number, number]

/** The accent of a brand, as it can be used on one background. */
export interface Accent {
  /** For filled surfaces, such as the button. */
  readonly fill: string
  /** Text on that fill. */
  readonly onFill: string
  /** The same colour as text on the paper: lighter or darker where it could not be read else. */
  readonly text: string
}

const BLACK: Rgb = [0, 0, 0]
const WHITE: Rgb = [255, 255, 255]

/** What text needs to be read by nearly everybody (WCAG 2.2, success criterion 1.4.3). */
const LEAST_TEXT = 4.5
/** What it is read with at ease: what is moved at all is moved this far. */
const GOOD_TEXT = 5.5
/** What the edge of a button needs to be seen (success criterion 1.4.11). */
const LEAST_SHAPE = 3

/**
 * How a brand's colour is used on a paper: as it is wherever it can be, and moved towards black or white as far as
 * reading it asks for.
 */
export function accentOn(paper: string, colour: string): Accent {
  const ground = readColour(paper)
  const fill = moveAway(readColour(colour), ground, LEAST_SHAPE)
  const onFill = contrast(fill, WHITE) >= LEAST_TEXT ? WHITE : BLACK
  return {
    fill: writeColour(fill),
    onFill: writeColour(onFill),
    text: writeColour(
      contrast(readColour(colour), ground) >= LEAST_TEXT
        ? readColour(colour)
        : moveAway(readColour(colour), ground, GOOD_TEXT),
    ),
  }
}

/** The contrast ratio of two colours, 1 to 21 (WCAG 2.2). */
export function contrastOf(one: string, other: string): number {
  return contrast(readColour(one), readColour(other))
}

/** The colour nearest to this one that stands out enough from the ground. */
function moveAway(colour: Rgb, ground: Rgb, least: number): Rgb {
  const end = contrast(ground, WHITE) > contrast(ground, BLACK) ? WHITE : BLACK
  for (let percent = 0; percent < 100; percent++) {
    const moved = colour.map((part, at) => Math.round(part + ((end[at] ?? 0) - part) * (percent / 100)))
    if (contrast(moved as unknown as Rgb, ground) >= least) return moved as unknown as Rgb
  }
  return end
}

function contrast(one: Rgb, other: Rgb): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

/** Relative luminance (WCAG 2.2, from sRGB, IEC 61966-2-1). */
function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** `#1f4f8f`. Throws on anything else: the configuration has checked it. */
function readColour(text: string): Rgb {
  if (!/^#[0-9a-f]{6}$/i.test(text)) throw new RangeError('a colour is # and six hexadecimal digits')
  return [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16)) as unknown as Rgb
}

function writeColour(colour: Rgb): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`
}
