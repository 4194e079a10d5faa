import { defineConfig } from 'vite'

/** Where `examples/todo-fastify` listens. In production one server answers for both, or `CORS_ORIGINS` names this page. */
const api = process.env.API ?? 'http://127.0.0.1:3000'
const paths = ['/register', '/token', '/refresh', '/logout', '/users', '/todos', '/healthz']

export default defineConfig({
  server: {
    host: '127.0.0.1',
    port: Number(process.env.PORT ?? 5173),
    strictPort: true,
    proxy: Object.fromEntries(paths.map((path) => [path, api])),
  },
})
