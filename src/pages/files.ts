import { createHash } from 'node:crypto'
import type { Brand } from './brand.ts'
import { accentOn } from './colour.ts'
import type { PageFiles } from './frame.ts'
import { pageScript } from './script.ts'
import { PALETTES, pageStyle } from './style.ts'

/** A file beside the pages. Its name changes with its content, so that browsers may keep it for good. */
export interface PageFile {
  /** `style-3q2-7wAb.css`. */
  readonly name: string
  readonly mediaType: string
  readonly content: string | Uint8Array
}

/** The files of a brand's pages. */
export interface FilesOfPages {
  readonly names: PageFiles
  /**
   * The file of that name, and whether its content is the one that the name stands for: while a new version spreads
   * over several nodes, one may be asked for the file of another, and a page with the nearest style beats one without.
   */
  find(name: string): { readonly file: PageFile; readonly isExact: boolean } | undefined
}

const prepared = new WeakMap<Brand, FilesOfPages>()

/** Prepared when the first page is asked for, once for each brand. */
export function filesOfPages(brand: Brand): FilesOfPages {
  const known = prepared.get(brand)
  if (known !== undefined) return known
  const { logo } = brand
  const style = nameFile('style', 'css', 'text/css; charset=utf-8', pageStyle(brand))
  const script = nameFile('script', 'js', 'text/javascript; charset=utf-8', pageScript)
  const icon = nameFile('icon', 'svg', 'image/svg+xml', iconIn(brand))
  const picture = logo && nameFile('logo', endingOf(logo.mediaType), logo.mediaType, logo.content)
  const all = [style, script, icon, ...(picture === undefined ? [] : [picture])]
  const files: FilesOfPages = {
    names: { style: style.name, script: script.name, icon: icon.name, logo: picture?.name },
    find(name) {
      const [, kind, ending] = /^([a-z]+)-[\w-]{8}\.([a-z]+)$/.exec(name) ?? []
      const file = all.find((one) => one.name.startsWith(`${kind}-`) && one.name.endsWith(`.${ending}`))
      return file && { file, isExact: file.name === name }
    },
  }
  prepared.set(brand, files)
  return files
}

function nameFile(kind: string, ending: string, mediaType: string, content: string | Uint8Array): PageFile {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 8)
  return { name: `${kind}-${hash}.${ending}`, mediaType, content }
}

function endingOf(mediaType: string): string {
  return mediaType === 'image/svg+xml' ? 'svg' : mediaType.replace('image/', '')
}

/** A tick in a square of the brand's colour. */
function iconIn({ colour }: Brand): string {
  const { fill, onFill } = accentOn(PALETTES.light.paper, colour)
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${fill}"/>` +
    `<path d="M8.5 16.5l5 5 10-11" fill="none" stroke="${onFill}" stroke-width="3.5" stroke-linecap="round" ` +
    'stroke-linejoin="round"/></svg>\n'
  )
}
