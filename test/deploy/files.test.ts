import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { createProgram } from '../../src/cli/program.ts'
import { SETTINGS } from '../../src/config/settings.ts'
import { routes } from '../../src/endpoints/routes.ts'
import { root } from '../docs/code-blocks.ts'
import { composeFile } from './compose.ts'
import { type KubernetesDocument, kubernetesDocument } from './kubernetes.ts'

const folder = join(root, 'deploy')
const text = (path: string) => readFileSync(join(folder, path), 'utf8')
const files = readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
  entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
)

const documents: KubernetesDocument[] = parseAllDocuments(text('kubernetes/countersign.yaml'), {
  version: '1.1',
}).map((one) => kubernetesDocument.parse(one.toJS()))
const compose = composeFile.parse(parse(text('compose/compose.yaml'), { merge: true }))
const unit = text('systemd/countersign.service')
const dockerfile = text('docker/Dockerfile')

/** Variables of the environment that a setting is read from. */
const variables = new Set(
  Object.values(SETTINGS).flatMap(({ environment, secret }: { environment?: string; secret?: true }) =>
    environment === undefined ? [] : secret === true ? [environment, `${environment}_FILE`] : [environment],
  ),
)
variables.add('NODE_ENV')

function find<Kind extends KubernetesDocument['kind']>(kind: Kind) {
  const found = documents.find((one): one is Extract<KubernetesDocument, { kind: Kind }> => one.kind === kind)
  assert.ok(found, kind)
  return found
}

test('G-8: no secret stands in a file of deploy', () => {
  assert.ok(files.length >= 8, files.join(' '))
  for (const path of files) {
    const found = readFileSync(path, 'utf8').match(
      /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{32,}(?![A-Za-z0-9_-])|cs_[a-z]+_|-----BEGIN|:\/\/[^/\s:@]+:[^/\s@]+@/g,
    )
    // Long names of metrics and of the rules about them are words.
    const secrets = (found ?? []).filter((one) => !/^(countersign_[a-z_]+|[A-Z][a-zA-Z]+)$/.test(one))
    assert.deepEqual(secrets, [], path)
  }
  assert.equal(
    documents.some(({ kind }) => String(kind) === 'Secret'),
    false,
  )
})

test('Kubernetes: nodes, job, service and budget mean the same pods, and every volume is one of the Secret', () => {
  const { spec } = find('Deployment')
  const wanted = spec.template.metadata.labels
  assert.deepEqual(spec.selector.matchLabels, wanted)
  assert.deepEqual(find('Service').spec.selector, wanted)
  assert.deepEqual(find('PodDisruptionBudget').spec.selector.matchLabels, wanted)
  const job = find('Job')
  assert.notDeepEqual(job.spec.template.metadata.labels, wanted, 'or the service would send requests to it')
  assert.equal(job.spec.template.spec.restartPolicy, 'Never')
  const port = find('Service').spec.ports[0]?.targetPort
  for (const { containers, volumes, serviceAccountName } of [spec.template.spec, job.spec.template.spec]) {
    assert.equal(serviceAccountName, find('ServiceAccount').metadata.name)
    for (const { volumeMounts, envFrom, ports = [] } of containers) {
      assert.deepEqual(
        volumeMounts.map(({ name }) => name),
        volumes.map(({ name }) => name),
      )
      assert.deepEqual(
        envFrom.map(({ configMapRef }) => configMapRef.name),
        [find('ConfigMap').metadata.name],
      )
      if (ports.length > 0) assert.ok(ports.some(({ name }) => name === port))
    }
  }
})

test('Kubernetes: probes ask routes that there are, by the port of the container, and the stop is given its time', () => {
  const { spec } = find('Deployment').spec.template
  const [container] = spec.containers
  assert.ok(container)
  const paths = new Set(routes.map(({ path }) => path))
  const { startupProbe, readinessProbe, livenessProbe } = container
  for (const probe of [startupProbe, readinessProbe, livenessProbe]) {
    assert.ok(probe && paths.has(probe.httpGet.path), JSON.stringify(probe))
    assert.equal(probe.httpGet.port, container.ports?.[0]?.name)
  }
  // A database that is away must end no process.
  assert.equal(livenessProbe?.httpGet.path, '/healthz')
  assert.equal(readinessProbe?.httpGet.path, '/readyz')
  const [command, seconds] = container.lifecycle?.preStop.exec.command ?? []
  assert.equal(command, 'sleep')
  assert.ok(Number(seconds) + 10 < (spec.terminationGracePeriodSeconds ?? 30))
  const exposed = /^EXPOSE (\d+)$/m.exec(dockerfile)?.[1]
  assert.equal(String(container.ports?.[0]?.containerPort), exposed)
})

test('every variable that is set is one of a setting, and every command one that there is', () => {
  const set = [
    ...Object.keys(find('ConfigMap').data),
    ...[find('Deployment'), find('Job')].flatMap(({ spec }) =>
      spec.template.spec.containers.flatMap(({ env }) => env.map(({ name }) => name)),
    ),
    ...['node', 'migrate'].flatMap((name) => Object.keys(compose.services[name]?.environment ?? {})),
    ...[...text('systemd/settings').matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name),
    ...(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? '').split(' ').map((pair) => pair.split('=')[0] ?? ''),
  ]
  assert.ok(set.length >= 18, set.join(' '))
  assert.deepEqual(
    set.filter((name) => !variables.has(name)),
    [],
  )

  const program = createProgram()
  const called = [
    ...[find('Deployment'), find('Job')].flatMap(({ spec }) =>
      spec.template.spec.containers.map(({ args }) => args),
    ),
    compose.services.node?.command ?? [],
    compose.services.migrate?.command ?? [],
    /main\.js (.*)$/m.exec(unit)?.[1]?.split(' ') ?? [],
  ]
  for (const [name, ...options] of called) {
    const command = program.commands.find((one) => one.name() === name)
    assert.ok(command, name)
    for (const option of options.filter((word) => word.startsWith('--'))) {
      assert.ok(
        command.options.some(({ long }) => long === option),
        `${name} ${option}`,
      )
    }
  }
})

test('compose: what a service names is there, its images have versions, and the nodes are reached by the proxy alone', () => {
  for (const [name, service] of Object.entries(compose.services)) {
    for (const secret of service.secrets ?? []) assert.ok(secret in compose.secrets, `${name}: ${secret}`)
    for (const network of service.networks) assert.ok(network in compose.networks, `${name}: ${network}`)
    for (const other of Object.keys(service.depends_on ?? {})) assert.ok(other in compose.services, other)
    if (service.image !== 'countersign') assert.match(service.image, /:\d+/, name)
    assert.equal(service.ports !== undefined, name === 'proxy', name)
  }
  const mounted = Object.values(compose.services.node?.environment ?? {}).filter((value) =>
    value.startsWith('/run/secrets/'),
  )
  assert.deepEqual(
    mounted.map((path) => path.split('/').at(-1)).sort(),
    [...(compose.services.node?.secrets ?? [])].sort(),
  )
  assert.ok(
    compose.services.postgres?.healthcheck?.test.includes('--host=127.0.0.1'),
    'or it is found healthy while its image still makes the database, and the migration meets nobody',
  )
  assert.match(text('compose/nginx.conf'), /http:\/\/node:8000;/)
  assert.match(dockerfile, /PORT=8000/)
  const build = compose.services.migrate?.build
  readFileSync(join(folder, 'compose', build?.context ?? '', build?.dockerfile ?? ''))
})

test('the image runs as nobody in particular, on a Node that is supported, and starts what package.json names', () => {
  assert.match(dockerfile, /^USER 1000:1000$/m)
  const { engines, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const bases = [...dockerfile.matchAll(/^FROM node:(\d+)-\S+-slim/gm)].map(([, major]) => Number(major))
  assert.equal(bases.length, 2)
  for (const major of bases) assert.ok(major >= Number.parseInt(engines.node.replace('>=', ''), 10))
  assert.match(dockerfile, new RegExp(`ENTRYPOINT \\["node", "${bin.countersign.replace('./', '')}"\\]`))
})

test('the page about deploying names every file, and no file that is not there', () => {
  const page = readFileSync(join(root, 'docs/deploy.md'), 'utf8')
  for (const [, path = ''] of page.matchAll(/\]\(\.\.\/deploy\/([^)]+)\)/g)) readFileSync(join(folder, path))
  for (const path of [
    'docker/Dockerfile',
    'compose/compose.yaml',
    'kubernetes/countersign.yaml',
    'systemd/settings',
  ])
    assert.ok(page.includes(`../deploy/${path}`), path)
})
