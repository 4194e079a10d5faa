import { spawn } from 'node:child_process'

/** Cleans up when this process is gone, however it went: a killed test leaves no server and no folder behind. */
export interface Watch {
  /** The process to end, or undefined while there is none. */
  over(pid: number | undefined): void
  /** Nothing is left to clean up. */
  end(): void
}

// A server may have a small disk of its own in its folder: see small-disk.ts.
// The pipe it reads from closes with this process, which is the one thing that happens after any death.
const SCRIPT = `
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
  children=$(ps -A -o pid=,ppid= | while read -r child parent; do [ "$parent" = "$pid" ] && echo "$child"; done)
  kill -KILL "$pid" $children 2>/dev/null
fi
umount -l "$1/disk" 2>/dev/null
rm -rf "$1"
`

/** Watches over a folder of the test's own and the process that works in it. */
export function watchOver(folder: string): Watch {
  const keeper = spawn('sh', ['-c', SCRIPT, 'sh', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  keeper.on('error', () => {})
  keeper.stdin.on('error', () => {})
  keeper.unref()
  const pipe: unknown = keeper.stdin
  if (typeof pipe === 'object' && pipe !== null && 'unref' in pipe && typeof pipe.unref === 'function') {
    pipe.unref()
  }
  return {
    over: (pid) => void keeper.stdin.write(`${pid ?? ''}\n`),
    end: () => void keeper.kill('SIGKILL'),
  }
}
