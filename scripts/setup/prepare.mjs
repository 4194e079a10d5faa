import { build, built } from './build.mjs'
import { runningSteps } from './child.mjs'
import { withLock } from './lock.mjs'
import { fetchNode, nodeAtHand, nodeToFetch } from './node.mjs'
import { installPackages, packagesInstalled } from './packages.mjs'
import { inClone } from './places.mjs'
import { createProgress } from './progress.mjs'

/**
 * Brings the clone to where a task can run, doing only what is missing, and answers which Node to run it with.
 * When nothing is missing it says nothing, takes no lock and costs some milliseconds.
 * @param {{ build: boolean }} need
 * @param {import('./progress.mjs').Progress} [progress]
 * @returns {Promise<string>}
 */
export async function prepare(need, progress = createProgress()) {
  const ready = () => {
    const node = nodeAtHand()
    return node !== undefined && packagesInstalled() && (!need.build || built()) ? node : undefined
  }
  return (
    ready() ??
    (await withLock(inClone('.build', 'lock'), async () => ready() ?? (await catchUp(need, progress)), {
      onWait: (pid) => progress.say(`waiting for another run that is preparing this clone (process ${pid})`),
      helpers: runningSteps,
    }))
  )
}

/** @param {{ build: boolean }} need @param {import('./progress.mjs').Progress} progress */
async function catchUp(need, progress) {
  const steps = []
  if (nodeAtHand() === undefined) steps.push(progress.during(`fetching ${nodeToFetch()}`, fetchNode))
  if (!packagesInstalled()) steps.push(progress.during('installing packages', installPackages))
  await allOrFirstProblem(steps)
  const node = nodeAtHand()
  if (node === undefined) throw new Error('Node was fetched and is not there')
  if (need.build && !built()) await progress.during('building', () => build(node))
  return node
}

/**
 * Waits for all before it fails with the first: a step that is still writing must not be left alone.
 * @param {Promise<void>[]} steps
 */
async function allOrFirstProblem(steps) {
  const failed = (await Promise.allSettled(steps)).find((step) => step.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
