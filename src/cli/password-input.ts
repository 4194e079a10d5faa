import { readStandardInput } from './named-file.ts'

/** A password comes from a hidden prompt, or from standard input where that is no terminal; never from an option. */
export async function askNewPassword(): Promise<string> {
  if (!process.stdin.isTTY) {
    const given = (await readStandardInput()).toString('utf8').replace(/\r?\n$/, '')
    if (given === '')
      throw new Error(
        'no password on standard input: type it at a terminal, or pipe it in, as by `cat FILE | countersign …`',
      )
    return given
  }
  const { isCancel, password } = await import('@clack/prompts')
  const ask = async (message: string): Promise<string> => {
    const given = await password({ message })
    if (isCancel(given)) throw new Error('given up; nothing was changed')
    return given
  }
  const first = await ask('Password')
  if ((await ask('The same again')) !== first)
    throw new Error('the two passwords differ; nothing was changed')
  return first
}
