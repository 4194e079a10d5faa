import { fileURLToPath } from 'node:url'
import { docsScript } from './page/script.ts'
import { docsIcon, docsStyle } from './page/style.ts'
import { type Served, servedFile, servedText } from './served.ts'

const SCRIPT = 'text/javascript; charset=utf-8'
const PAGE = 'text/html; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'

/** The closed list of files beside the docs page. A name from outside is looked up here, and never a path. */
const ASSETS: ReadonlyMap<string, () => Served | Promise<Served>> = new Map<
  string,
  () => Served | Promise<Served>
>([
  ['docs.js', () => servedText(SCRIPT, docsScript)],
  ['docs.css', () => servedText(STYLE, docsStyle)],
  ['icon.svg', () => servedText('image/svg+xml', docsIcon)],
  ['swagger-ui-bundle.js', () => servedFile(SCRIPT, swaggerUiPath('swagger-ui-bundle.js'))],
  // Where the code flow of the Authorize button leads back to.
  ['oauth2-redirect.html', () => servedFile(PAGE, swaggerUiPath('oauth2-redirect.html'))],
  ['oauth2-redirect.js', () => servedFile(SCRIPT, swaggerUiPath('oauth2-redirect.js'))],
  ['swagger-ui.css', () => servedFile(STYLE, swaggerUiPath('swagger-ui.css'))],
])

const prepared = new Map<string, Promise<Served>>()

/** A file of the docs page, or undefined if there is none of that name. Prepared when it is first asked for. */
export async function docsAsset(name: string): Promise<Served | undefined> {
  const make = ASSETS.get(name)
  if (make === undefined) return undefined
  const known = prepared.get(name)
  if (known !== undefined) return known
  const asset = Promise.resolve(make())
  prepared.set(name, asset)
  asset.catch(() => prepared.delete(name))
  return asset
}

/** Built, it lies beside this file, where the build put it; from source, in the package that it comes from. */
function swaggerUiPath(name: string): string {
  const fromSource = import.meta.url.endsWith('.ts')
  const url = fromSource
    ? import.meta.resolve(`swagger-ui-dist/${name}`)
    : new URL(`swagger-ui/${name}`, import.meta.url)
  return fileURLToPath(url)
}
