import { statSync } from 'node:fs'
import { optional, setting } from '../setting.ts'
import { isPlainLine, oneOf, textThat } from '../values.ts'

const LARGEST_LOGO_BYTES = 100_000

/** How the pages say whose they are. */
export const brand = {
  pages: setting({
    kind: oneOf('on', 'off'),
    environment: 'PAGES',
    default: 'on',
    description:
      'Whether the service has pages for people: `/login`, `/register`, `/account` and what belongs to them. `off` ' +
      'where your application has its own.',
  }),
  brandName: setting({
    kind: textThat(
      'a name on one line, of at most 60 characters',
      (text) => isPlainLine(text) && text.trim() !== '' && text.length <= 60,
    ),
    environment: 'BRAND_NAME',
    default: 'Countersign',
    description: 'What people know your service by: on the pages, in mails, and never in a password.',
  }),
  brandColour: setting({
    kind: textThat('a colour such as `#1f4f8f`', (text) => /^#[0-9a-f]{6}$/i.test(text)),
    environment: 'BRAND_COLOUR',
    default: '#1f4f8f',
    description:
      'The one accent of the pages. The text on it is black or white, whichever can be read; where the colour itself ' +
      'has to be read it is made lighter or darker.',
  }),
  brandLogo: optional({
    kind: textThat('the path of an SVG, PNG or WebP file of at most 100 kB', isLogo),
    environment: 'BRAND_LOGO',
    description: 'A picture in place of the name, shown 32 pixels high on light and on dark.',
  }),
}

function isLogo(path: string): boolean {
  if (!/\.(svg|png|webp)$/i.test(path) || path.includes('\0')) return false
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.isFile() === true && found.size <= LARGEST_LOGO_BYTES
}
