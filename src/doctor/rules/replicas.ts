import { createHash } from 'node:crypto'
import type { DeployedNode, EventLine, ServiceConfig } from '../evidence.ts'
import { type Facts, listOf } from '../facts.ts'
import { certain, type Finding, found } from '../finding.ts'
import type { Rule } from '../rule.ts'
import { ago } from '../words.ts'

const ONE_SECRET =
  'Give all nodes (replicas) one shared secret or key, the same everywhere: configure it from the environment or a secret store (`SECRET_KEY`, `JWT_SECRET`) or keep the key in the shared database, and do not generate one at start.'

/** What a node signs and verifies with, as something that can be compared and printed. */
function keyOf({ secret, keys }: ServiceConfig): string | undefined {
  if (secret !== undefined) return createHash('sha256').update(secret).digest('hex').slice(0, 12)
  return keys === undefined
    ? undefined
    : keys
        .map((key) => String(key.kid))
        .sort()
        .join(',')
}

/** Whether there is a public key that every node has. */
function haveOneKey(nodes: readonly DeployedNode[]): boolean {
  const [first, ...others] = nodes.map(({ config }) => new Set(config.keys?.map(({ kid }) => kid)))
  return first !== undefined && [...first].some((kid) => others.every((kids) => kids.has(kid)))
}

interface Pattern {
  /** Refusals of the signature or the key. */
  readonly refused: readonly EventLine[]
  /** Tokens pass exactly where they were issued, or where the key is the same. */
  readonly byNode: boolean
  /** Fingerprints of the key, by node. */
  readonly keys: ReadonlyMap<string, string>
}

function patternOf({ events, evidence }: Facts): Pattern {
  const lines = events.filter(({ credential, node }) => node && credential !== 'session')
  const refused = lines.filter(
    ({ outcome, check }) => outcome === 'refused' && /signature|^key|kid|mac|decrypt/.test(check ?? ''),
  )
  const passed = lines.filter(({ outcome, issued_by }) => outcome === 'ok' && issued_by)
  const keys = new Map<string, string>()
  for (const { node, key_fp } of lines) if (node && key_fp) keys.set(node, key_fp)
  for (const { name, config } of evidence.nodes ?? []) {
    const key = keyOf(config)
    if (key !== undefined && !keys.has(name)) keys.set(name, key)
  }
  const same = (a: string | null | undefined, b: string | null | undefined): boolean =>
    a === b || (keys.has(a ?? '') && keys.get(a ?? '') === keys.get(b ?? ''))
  const known = refused.filter(({ issued_by }) => issued_by)
  const byNode =
    known.length > 0 &&
    known.every(({ node, issued_by }) => !same(node, issued_by)) &&
    passed.every(({ node, issued_by }) => same(node, issued_by))
  return { refused, byNode, keys }
}

/** Nodes by what they hold, the most common first. */
function groupsOf(
  nodes: readonly DeployedNode[],
  value: (node: DeployedNode) => string | undefined,
): readonly DeployedNode[][] {
  const groups = Map.groupBy(
    nodes.filter((node) => value(node) !== undefined),
    value,
  )
  return [...groups.values()].sort((a, b) => b.length - a.length)
}

const sessionSecret: Rule = ({ events, now }) => {
  const refused = events.filter(
    ({ outcome, credential, check, detail }) =>
      outcome === 'refused' &&
      credential === 'session' &&
      !/csrf/.test(check ?? '') &&
      /decrypt|signature|mac|unseal|seal|bad.?cookie|secret/.test(`${check} ${detail}`),
  )
  const [first] = refused
  if (first === undefined) return undefined
  const change = events.findLast(({ type }) =>
    /secret\.(?:changed|replaced|rotated)|config\.changed|session_secret/.test(type ?? ''),
  )
  const fingerprints = new Set(
    events
      .filter(({ credential }) => credential === 'session')
      .map(({ key_fp }) => key_fp)
      .filter(Boolean),
  )
  const from = change?.from ?? [...fingerprints][0]
  // A configuration holds much besides that secret.
  const isOfSecret =
    change !== undefined &&
    (!change.type?.startsWith('config.') ||
      (change.from ?? change.to) !== undefined ||
      /secret|key/i.test(change.detail ?? ''))
  return found('SESSION_SECRET_CHANGED', isOfSecret || fingerprints.size > 1, {
    evidence: [
      `${refused.length} session cookies could not be decrypted or verified (\`${first.check}\`): the secret that encrypts (signs) session cookies was changed${change ? ` ${ago(change.time, now)}` : ''}${from && change?.to ? ` (fingerprint ${from} to ${change.to})` : ''}, and all sessions made with the old one are lost.`,
    ],
    settledBy: ['whether the session secret was changed in this time, or differs between nodes'],
    fix: [
      'Keep the old secret readable beside the new one (previous secret, rotation list: `secret: [new, old]`, `SESSION_SECRET=new,old`) until the last session made with it has ended.',
      'Put the old secret back behind the new one now, and the people are signed in again; else they sign in once.',
    ],
    explains: ['BAD_COOKIE_500', 'SIG_WRONG_KEY', 'SESSION_STORE_LOST', 'KEY_PER_REPLICA', 'ROLLOUT_MIXED'],
  })
}

const differing: Rule = (facts) => {
  const { evidence, now, events, signature, token } = facts
  const nodes = evidence.nodes ?? []
  const { refused, byNode, keys } = patternOf(facts)
  // In a rotation one node may know of a key before the others, and all of them read what is signed.
  const overlap = refused.length === 0 && signature.kind !== 'node' && haveOneKey(nodes)
  const differ = new Set(keys.values()).size > 1 && !overlap
  if (nodes.length === 0) return fromEvents(facts, { refused, byNode, keys })
  if (!differ) return undefined
  const groups = groupsOf(nodes, ({ config }) => keyOf(config))
  const releases = new Set(nodes.map(({ release }) => release).filter(Boolean))
  const generated = nodes.filter(({ config }) => config.secret_source === 'generated_at_start')
  const byRelease =
    releases.size > 1 &&
    nodes.every((node) =>
      nodes.every((other) => node.release !== other.release || keyOf(node.config) === keyOf(other.config)),
    )
  const change = events.findLast(({ type }) =>
    /(?:secret|config|key|jwt_secret)\.(?:changed|replaced|rotated|updated)/.test(type ?? ''),
  )
  const starts = nodes.map(({ started_at }) => started_at).filter((time) => time !== undefined)
  const before =
    change === undefined
      ? []
      : nodes.filter(({ started_at }) => started_at !== undefined && started_at < change.time)
  const seen = `${nodes.map(({ name, config, release }) => `${name}: ${keyOf(config)}${release ? `, release ${release}` : ''}${config.secret_source ? `, ${config.secret_source.replaceAll('_', ' ')}` : ''}`).join('; ')}.`
  const effect =
    refused.length > 0
      ? `${refused.length} refusals by the signature${byNode ? ', exactly where a token of one node reached another' : ''}.`
      : ''
  const explains = ['SIG_WRONG_KEY', 'KID_UNKNOWN', 'ALG_MISMATCH'] as const
  if (generated.length > 0 && !byRelease) {
    return certain('KEY_PER_REPLICA', {
      evidence: [
        `The nodes (replicas) hold ${new Set(keys.values()).size} different keys, each process generated its own at start (fingerprints: ${seen})`,
        effect,
      ].filter(Boolean),
      fix: [ONE_SECRET],
      explains: [...explains, 'ROLLOUT_MIXED', 'CONFIG_NOT_RELOADED'],
    })
  }
  if (byRelease) {
    return certain('ROLLOUT_MIXED', {
      evidence: [
        `Old and new nodes run side by side with different keys (a rollout, deploy in progress; fingerprints: ${seen})`,
        effect,
      ].filter(Boolean),
      fix: [
        'Deploy in two steps: first let every node accept both keys (the new one behind the old: overlap), then switch signing to the new one when all run the new release.',
        `Now finish (complete) the rollout or roll it back, so that all nodes have the same key${token !== undefined && signature.kind === 'node' ? `; this token is of ${signature.name}` : ''}.`,
      ],
      explains: [...explains, 'KEY_PER_REPLICA', 'CONFIG_NOT_RELOADED', 'KEY_ROTATED_HARD'],
    })
  }
  const old = before.length > 0 && before.length < nodes.length ? before : staleByStart(groups, starts)
  if (change !== undefined || old.length > 0) {
    const names = old.map(({ name }) => name).join(', ')
    return found('CONFIG_NOT_RELOADED', change !== undefined || old.length > 0, {
      evidence: [
        `The secret was changed${change ? ` ${ago(change.time, now)}` : ''}, and ${names || 'some nodes'} ${old.length === 1 ? 'was' : 'were'} started before that and not restarted: ${old.length === 1 ? 'it still holds' : 'they still hold'} the old one (fingerprints: ${seen})`,
        effect,
      ].filter(Boolean),
      settledBy: ['when the secret was changed'],
      fix: [
        `Restart (reload) ${names || 'the nodes with the old secret'}: a changed secret or mounted file reaches a process only at its next start (\`kubectl rollout restart\`).`,
        'Next time keep the old secret beside the new one until all nodes have restarted.',
      ],
      explains: [...explains, 'KEY_PER_REPLICA', 'ROLLOUT_MIXED', 'KEY_ROTATED_HARD'],
    })
  }
  return found('KEY_PER_REPLICA', byNode || groups.length === nodes.length || refused.length > 0, {
    evidence: [
      `The nodes (replicas) of one release hold different keys (fingerprints: ${seen})`,
      effect,
    ].filter(Boolean),
    settledBy: [
      'where each node has its secret from',
      'events that name the node which issued a token and the one which refused it',
    ],
    fix: [ONE_SECRET],
    explains: [...explains, 'ROLLOUT_MIXED', 'CONFIG_NOT_RELOADED'],
  })
}

/** Nodes of the rarer key that all started before every node of the other. */
function staleByStart(groups: readonly DeployedNode[][], starts: readonly number[]): readonly DeployedNode[] {
  if (groups.length !== 2 || starts.length === 0) return []
  const [a = [], b = []] = groups
  const times = (list: readonly DeployedNode[]) => list.map(({ started_at = 0 }) => started_at)
  if (Math.max(...times(a)) + 60 < Math.min(...times(b))) return a
  return Math.max(...times(b)) + 60 < Math.min(...times(a)) ? b : []
}

function fromEvents({ events, now }: Facts, { refused, byNode, keys }: Pattern): Finding | undefined {
  const nodes = [...keys.keys()]
  const values = new Set(keys.values())
  const configs = new Map(
    events.flatMap(({ node, config_fp }) => (node && config_fp ? [[node, config_fp] as const] : [])),
  )
  if (refused.length === 0 || !(byNode || (values.size > 1 && refused.length > 1))) return undefined
  const each = values.size === nodes.length && nodes.length > 2
  const started = events.filter(({ type }) => /node\.started|service\.started|deploy/.test(type ?? ''))
  // Where each has just been started, each may have made its own key.
  const startedAll = started.length > 0 && nodes.every((name) => started.some(({ node }) => node === name))
  const rollout = !startedAll && (started.length > 0 || (values.size === 2 && nodes.length >= 2))
  const seen = nodes
    .map(
      (name) =>
        `${name}: key ${keys.get(name)}${configs.has(name) ? `, configuration ${configs.get(name)}` : ''}`,
    )
    .join('; ')
  const settledBy = ['the release and the source of the secret of each node']
  const what = `${refused.length} refusals by the signature since ${ago(refused[0]?.time ?? now, now)}${byNode ? ', exactly where a token of one node reached another' : ''}: the nodes hold different keys${seen ? ` (${seen})` : ''}.`
  if (!each && rollout) {
    return found('ROLLOUT_MIXED', started.length > 0, {
      evidence: [what],
      settledBy,
      fix: [
        'Give all nodes the same secret: finish (complete) or roll back the deploy, and restart the node that differs. Next time let every node accept both keys first (overlap), then switch.',
      ],
      explains: ['SIG_WRONG_KEY', 'KID_UNKNOWN', 'KEY_PER_REPLICA'],
    })
  }
  return found('KEY_PER_REPLICA', each && byNode, {
    evidence: [what],
    settledBy,
    fix: [ONE_SECRET],
    explains: ['SIG_WRONG_KEY', 'KID_UNKNOWN', 'ROLLOUT_MIXED'],
  })
}

/** Nodes that agree on keys and differ in what they expect. */
const otherwise: Rule = ({ evidence, events }) => {
  const nodes = evidence.nodes ?? []
  const values = (name: 'issuer' | 'audience' | 'algorithms') =>
    new Set(
      nodes.flatMap(({ config }) =>
        config[name] === undefined ? [] : JSON.stringify(listOf(config[name]).toSorted()),
      ),
    )
  const names = (['issuer', 'audience', 'algorithms'] as const).filter((name) => values(name).size > 1)
  if (names.length === 0 || new Set(nodes.map(({ config }) => keyOf(config))).size > 1) return undefined
  const refused = events.filter(({ outcome }) => outcome === 'refused').length
  const releases = new Set(nodes.map(({ release }) => release).filter(Boolean))
  return found('ROLLOUT_MIXED', releases.size > 1 || refused > 0, {
    evidence: [
      `The nodes behind one address differ in ${names.join(' and ')}: ${nodes.map(({ name, config, release }) => `${name}${release ? ` (release ${release})` : ''}: ${names.map((field) => JSON.stringify(config[field])).join(', ')}`).join('; ')}. Old and new nodes run side by side.`,
    ],
    settledBy: ['whether a deploy is in progress'],
    fix: [
      'Finish (complete) the rollout or roll it back, so that all nodes have the same configuration; accept both values on every node first, then switch (two steps, overlap).',
    ],
    explains: ['AUD_WRONG_API', 'ISS_OTHER_ENVIRONMENT', 'ALG_MISMATCH', 'CONFIG_NOT_RELOADED'],
  })
}

export const replicaRules: readonly Rule[] = [sessionSecret, differing, otherwise]
