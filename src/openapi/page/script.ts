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

// What is tried here proves itself by what was entered under Authorize, never by a cookie that is there too. No page can
// set a cookie header: where Swagger UI would, the browser sends its own, beside the token that was entered for it.
const withWhatWasEntered = (request) => {
  const { Cookie: entered, ...headers } = request.headers ?? {}
  request.headers = headers
  request.credentials = entered === undefined && !isSignIn(request) ? 'omit' : 'same-origin'
  if (entered !== undefined) headers['X-CSRF-Token'] = entered.slice(entered.indexOf('=') + 1)
  return request
}

const isSignIn = ({ url, method }) => method === 'POST' && new URL(url, location.href).href === new URL('session', location.href).href

// Who signs in or out by the cookie here has authorized, or taken it back.
const noticeSession = (response) => {
  const { pathname } = new URL(response.url)
  if (pathname !== new URL('session', location.href).pathname) return response
  if (response.status === 200) ui.preauthorizeApiKey('session', response.body?.csrf_token ?? response.obj?.csrf_token)
  if (response.status === 204) ui.authActions.logout(['session'])
  return response
}
let ui

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
  // Where it also goes without a credential, an empty way in would show a lock that is shut from the beginning.
  for (const operation of Object.values(description.paths).flatMap(Object.values)) {
    operation.security = operation.security?.filter((way) => Object.keys(way).length > 0)
  }
  return { ...description, servers: [{ url: here }] }
}

const show = async () => {
  const response = await fetch('openapi.json')
  if (!response.ok) throw new Error('status ' + response.status)
  const spec = fromHere(await response.json())
  ui = SwaggerUIBundle({
    spec,
    oauth2RedirectUrl: spec.servers[0].url + '/docs/oauth2-redirect.html',
    domNode: place,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    persistAuthorization: false,
    requestInterceptor: withWhatWasEntered,
    responseInterceptor: noticeSession,
    showMutatedRequest: false,
    validatorUrl: null,
  })
  ui.initOAuth({ clientId: 'first-party', usePkceWithAuthorizationCodeGrant: true })
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
