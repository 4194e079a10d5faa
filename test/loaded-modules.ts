import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)

/** What is loaded by importing a module of ours in a fresh process: our files by their path, all else by its URL. */
export function loadedBy(path: string): string[] {
  const program = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({
      load(url, context, next) {
        urls.push(url)
        return next(url, context)
      },
    })
    await import(process.argv[1])
    console.log(JSON.stringify(urls))`
  const args = ['--input-type=module', '-e', program, new URL(path, root).href]
  const said = execFileSync(process.execPath, args, { cwd: fileURLToPath(root), encoding: 'utf8' })
  const urls: string[] = JSON.parse(said)
  return urls.map((url) => url.replace(root.href, ''))
}
