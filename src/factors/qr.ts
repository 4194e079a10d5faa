import { encode, renderSVG } from 'uqr'

/** A QR code as SVG: without script or style, so that it may stand in any page. */
export function qrCode(text: string): string {
  return renderSVG(text, { ecc: 'M', border: 4 })
}

/** The same as rows of dark and light, for a page that draws it itself. */
export function qrModules(text: string): readonly (readonly boolean[])[] {
  return encode(text, { ecc: 'M', border: 4 }).data
}
