import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const LINK = /\]\((?![a-z][a-z+.-]*:)([^)\s#]*)(?:#([^)\s]+))?\)/g
const CODE_BLOCK = /^```[\s\S]*?^```/gm
const HEADING = /^#+ +(.+)$/gm

/** Links of tracked documents to a file, or to a heading of one, that is not there. Other hosts are not asked. */
export function findDeadLinks(root: string): string[] {
  const { status, stdout, stderr } = spawnSync('git', ['-C', root, 'ls-files', '*.md'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`git ls-files failed: ${stderr}`)
  const documents = stdout.split('\n').filter((path) => path !== '' && existsSync(join(root, path)))
  return documents.flatMap((path) =>
    [...proseOf(root, path).matchAll(LINK)].flatMap(([, file = '', heading]) => {
      const to = file === '' ? path : normalize(join(dirname(path), file)).replaceAll('\\', '/')
      if (!existsSync(join(root, to))) return [`${path} links to ${to}, which does not exist`]
      const isThere =
        heading === undefined || !to.endsWith('.md') || headingsOf(proseOf(root, to)).includes(heading)
      return isThere ? [] : [`${path} links to #${heading} of ${to}, which has no such heading`]
    }),
  )
}

function proseOf(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8').replace(CODE_BLOCK, '')
}

/** Headings by the names that GitHub gives them in addresses. */
function headingsOf(prose: string): string[] {
  return [...prose.matchAll(HEADING)].map(([, title = '']) =>
    title
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
}
