import { renderSVG } from 'uqr'

/** A QR code as SVG: without script or style, so that it may stand in any page. */
export function qrCode(text: string): string {
  return renderSVG(text, { ecc: 'M', border: 4 })
}
