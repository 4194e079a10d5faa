/** What the style sheet of Swagger UI leaves to be wished for: system fonts, narrow screens, less to fill in. */
export const docsStyle = `
body { margin: 0 }
`.trimStart()

/** A tick in a square. */
export const docsIcon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f4f8f"/>' +
  '<path d="M8.5 16.5l5 5 10-11" fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round" ' +
  'stroke-linejoin="round"/></svg>\n'
