/** For anyone: a page shows what it asks for, and this one asks for nothing. */
export default function Home() {
  return (
    <main>
      <h1>Todos</h1>
      <a href="/todos">Yours</a> <a href="/register">Sign up</a>
    </main>
  )
}
