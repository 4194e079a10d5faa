import { createCookieClient } from '/client/cookie.js'

const client = createCookieClient({ onSignedOut: ({ why }) => console.log(`signed out: ${why}`) })
const find = (selector) => document.querySelector(selector)

async function load() {
  const items = (await (await client.fetch('/api/todos')).json()).map(({ title }) => {
    const item = document.createElement('li')
    item.textContent = title
    return item
  })
  find('ul').replaceChildren(...items)
}

function show() {
  const { status } = client.session
  find('main').hidden = status !== 'signed-in'
  find('#sign-in').hidden = status !== 'signed-out'
  if (status === 'signed-in') void load()
}
client.subscribe(show)
void client.ready().then(show)

find('#sign-in').addEventListener('submit', async (event) => {
  event.preventDefault()
  try {
    await client.signInWithPassword(Object.fromEntries(new FormData(event.target)))
  } catch (error) {
    find('[role=alert]').textContent = error.message
  }
})
find('#add').addEventListener('submit', async (event) => {
  event.preventDefault()
  const body = JSON.stringify({ title: new FormData(event.target).get('title') })
  event.target.reset()
  await client.fetch('/api/todos', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  await load()
})
find('#sign-out').addEventListener('click', () => client.signOut())
