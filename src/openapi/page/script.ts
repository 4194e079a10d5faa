/**
 * Starts Swagger UI in the browser. The description names the addresses that the configured issuer has; who opens the
 * page under another name of the same server (localhost for 127.0.0.1) is sent back to that name, as a browser would
 * refuse the other one. Kept as text, so that the build needs to copy nothing and the server's types stay without a DOM.
 */
export const docsScript = `
const place = document.getElementById('api')
const darkness = matchMedia('(prefers-color-scheme: dark)')
const showTheme = () => document.documentElement.classList.toggle('dark-mode', darkness.matches)
showTheme()
darkness.addEventListener('change', showTheme)

// What is tried here proves itself by what was entered under Authorize, never by a cookie that is there too.
const withoutCookies = (request) => {
  request.credentials = 'omit'
  return request
}

const fromHere = (description) => {
  const here = new URL('.', location.href).href.replace(/\\/$/, '')
  const issuer = description.servers[0].url
  for (const { flows = {} } of Object.values(description.components.securitySchemes)) {
    for (const flow of Object.values(flows)) {
      for (const name of ['authorizationUrl', 'tokenUrl', 'refreshUrl']) {
        if (flow[name]?.startsWith(issuer + '/')) flow[name] = here + flow[name].slice(issuer.length)
      }
    }
  }
  return { ...description, servers: [{ url: here }] }
}

const show = async () => {
  const response = await fetch('openapi.json')
  if (!response.ok) throw new Error('status ' + response.status)
  SwaggerUIBundle({
    spec: fromHere(await response.json()),
    domNode: place,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    persistAuthorization: false,
    requestInterceptor: withoutCookies,
    showMutatedRequest: false,
    validatorUrl: null,
  })
}

// Of the dialog's fields the last one gets the focus, scrolled to; people begin at the top.
place.addEventListener('click', ({ target }) => {
  if (!target.closest('.btn.authorize, .authorization__btn')) return
  requestAnimationFrame(() => {
    place.querySelector('.dialog-ux input')?.focus({ preventScroll: true })
    place.querySelector('.modal-ux-content')?.scrollTo(0, 0)
  })
})
place.addEventListener('keydown', ({ key, target }) => {
  if (key !== 'Enter' || !target.matches('.auth-container input')) return
  target.closest('.auth-container').querySelector('.btn.authorize')?.click()
})

show().catch((error) => {
  const note = document.createElement('p')
  note.className = 'docs-note'
  note.setAttribute('role', 'alert')
  note.textContent = 'The description could not be loaded (' + error.message + '). Reload the page to try again.'
  place.replaceChildren(note)
})
`.trimStart()
