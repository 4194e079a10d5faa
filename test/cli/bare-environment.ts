/**
 * The environment of a program that is to know nothing of ours but where programs are, and where what was compiled
 * before lies: hundreds are started, and would each compile the same files.
 */
export function bareEnvironment(): Record<string, string> {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env
  return { PATH, ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) }
}
