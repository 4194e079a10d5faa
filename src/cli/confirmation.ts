import { printable } from '../base/printable.ts'

/**
 * Says beforehand what will happen, on standard error, and goes on only if somebody agrees: at a terminal by answering,
 * elsewhere by `--yes`. Throws an Error where nobody does.
 */
export async function confirmed(consequences: string, yes = false): Promise<void> {
  const sentence = printable(`${consequences.slice(0, 1).toUpperCase()}${consequences.slice(1)}`)
  if (yes || !process.stdin.isTTY) {
    process.stderr.write(`${sentence}\n`)
    if (!yes) throw new Error('nothing was changed; add --yes to go on')
    return
  }
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message: `${sentence}\nGo on?`, initialValue: false })
  if (isCancel(answer) || !answer) throw new Error('nothing was changed')
}
