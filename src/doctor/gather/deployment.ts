import type { NodeAnnouncement } from '../../store/nodes.ts'

/**
 * What live nodes of one issuer disagree on, in a sentence that names them and what to do: secrets, or the algorithm.
 * Undefined where they agree.
 */
export function disagreement(nodes: readonly NodeAnnouncement[]): string | undefined {
  if (nodes.length < 2) return undefined
  return (
    differingLists(nodes, 'signingSecrets', 'JWT_SECRET') ??
    differingLists(nodes, 'secretKeys', 'SECRET_KEY') ??
    differingAlgorithms(nodes)
  )
}

function differingLists(
  nodes: readonly NodeAnnouncement[],
  list: 'signingSecrets' | 'secretKeys',
  setting: string,
): string | undefined {
  const groups = [...Map.groupBy(nodes, (node) => node[list].join(' '))]
  if (groups.length < 2) return undefined
  const seen = groups
    .map(([fingerprints, members]) => `${namesOf(members)}: ${fingerprints || 'none'}`)
    .join('; ')
  const all = [...new Set(nodes.flatMap((node) => node[list]))]
  const lacking = nodes.filter((node) => all.some((one) => !node[list].includes(one)))
  if (lacking.length === 0)
    return `ROLLOUT_MIXED: ${nodes.length} live nodes list the entries of ${setting} in different orders (fingerprints ${seen}). Each reads all of them, so nobody is refused: a deploy is half way. Finish it.`
  return `ROLLOUT_MIXED: ${nodes.length} live nodes read different lists of ${setting} (fingerprints ${seen}), so what one makes another refuses. Give ${namesOf(lacking)} every entry (${setting}=new,former) and restart ${lacking.length === 1 ? 'it' : 'them'}; then take the former out. Or roll the deploy back.`
}

function differingAlgorithms(nodes: readonly NodeAnnouncement[]): string | undefined {
  const groups = [...Map.groupBy(nodes, ({ algorithm }) => algorithm)]
  if (groups.length < 2) return undefined
  const seen = groups.map(([algorithm, members]) => `${namesOf(members)}: ${algorithm}`).join('; ')
  return `ROLLOUT_MIXED: ${nodes.length} live nodes are to sign by different algorithms (${seen}). Give all the same JWT_ALGORITHM: finish or roll back the deploy.`
}

export function namesOf(nodes: readonly { readonly id: string }[]): string {
  return nodes.map(({ id }) => id).join(', ')
}
