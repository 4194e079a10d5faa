import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ImportGraph, reachedFrom } from '../tidy/import-graph.ts'

const GOLDEN = (Math.sqrt(5) - 1) / 2
const STARTS_PROGRAMS = /\bfrom '(node:child_process|playwright-core)'/

/**
 * The order in which the files run that have a process each. Those that start programs take longest and wait for them
 * some of the time, so they go first, and the short ones that only compute fill the cores to the end.
 */
export function runningOrder(root: string, graph: ImportGraph, files: readonly string[]): string[] {
  const starters = new Set(
    [...graph.keys()].filter(
      // What the product starts by itself does not make a test long.
      (path) => !path.startsWith('src/') && STARTS_PROGRAMS.test(readFileSync(join(root, path), 'utf8')),
    ),
  )
  const isLong = (file: string) => [...reachedFrom(graph, [file])].some((path) => starters.has(path))
  return [...mixed(files.filter(isLong)), ...mixed(files.filter((file) => !isLong(file)))]
}

/**
 * In an order that brings neighbours apart: files of one folder wait for the same things, or use up the same, and those
 * that wait leave a core idle. By the golden section of their number, so that the order is always the same.
 */
export function mixed<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item, index) => ({ item, place: (index * GOLDEN) % 1 }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
