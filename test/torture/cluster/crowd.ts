import { Worker, type WorkPlace } from './worker.ts'

/** Clients at their work, all at once. */
export interface Crowd {
  readonly workers: readonly Worker[]
  /** Why some of them have fallen since it was asked last, which none ever should: each is told once. */
  takeFallen(): readonly unknown[]
  /** Lets each finish what it is at. */
  stop(): Promise<void>
}

/** Everybody is signed in when it resolves. */
export async function gatherCrowd(place: WorkPlace, count: number, paceMilliseconds: number): Promise<Crowd> {
  const workers = Array.from({ length: count }, (_, number) => new Worker(place, number))
  let stopped = false
  const fallen: unknown[] = []
  await Promise.all(
    workers.map(async (worker) => {
      while (!(await worker.signIn())) {
        // A queue that is full says so, and room comes.
      }
    }),
  )
  const lives = workers.map((worker) =>
    worker.live(() => stopped, paceMilliseconds).catch((error: unknown) => void fallen.push(error)),
  )
  return {
    workers,
    takeFallen: () => fallen.splice(0),
    async stop() {
      stopped = true
      await Promise.all(lives)
    },
  }
}
