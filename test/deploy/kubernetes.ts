import { z } from 'zod'

/*
 * The part of the Kubernetes API that deploy/kubernetes uses, as its reference has it: every field that is not written down
 * here is refused, so that a misspelt one, which a cluster would drop in silence, is found.
 */

const name = z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
const labels = z.record(z.string().regex(/^([a-z0-9.-]+\/)?[A-Za-z0-9._-]+$/), z.string())
const metadata = z.strictObject({ name, labels: labels.optional() })
const quantity = z.string().regex(/^\d+(m|Ki|Mi|Gi)?$/)
const seconds = z.int().min(0)
const matchLabels = z.strictObject({ matchLabels: labels })

const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string().startsWith('/'), port: z.union([z.string(), z.int()]) }),
  periodSeconds: seconds.min(1),
  timeoutSeconds: seconds.min(1).optional(),
  failureThreshold: z.int().min(1),
})

const container = z.strictObject({
  name,
  image: z.string().regex(/^[a-z0-9./-]+:\d+\.\d+\.\d+$/, 'an image with an exact version'),
  args: z.array(z.string()),
  ports: z.array(z.strictObject({ name, containerPort: z.int().min(1).max(65_535) })).optional(),
  envFrom: z.array(z.strictObject({ configMapRef: z.strictObject({ name }) })),
  env: z.array(z.strictObject({ name: z.string().regex(/^[A-Z_]+$/), value: z.string() })),
  startupProbe: probe.optional(),
  readinessProbe: probe.optional(),
  livenessProbe: probe.optional(),
  lifecycle: z
    .strictObject({ preStop: z.strictObject({ exec: z.strictObject({ command: z.array(z.string()) }) }) })
    .optional(),
  resources: z.strictObject({
    requests: z.strictObject({ cpu: quantity, memory: quantity }),
    limits: z.strictObject({ memory: quantity }),
  }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(
    z.strictObject({ name, mountPath: z.string().startsWith('/run/secrets/'), readOnly: z.literal(true) }),
  ),
})

const podSpec = z.strictObject({
  restartPolicy: z.enum(['Always', 'OnFailure', 'Never']).optional(),
  serviceAccountName: name,
  automountServiceAccountToken: z.literal(false),
  terminationGracePeriodSeconds: seconds.optional(),
  securityContext: z.strictObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.int().min(1),
    runAsGroup: z.int().min(1),
    fsGroup: z.int().min(1),
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  }),
  topologySpreadConstraints: z
    .array(
      z.strictObject({
        maxSkew: z.int().min(1),
        topologyKey: z.string(),
        whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']),
        labelSelector: matchLabels,
      }),
    )
    .optional(),
  containers: z.array(container).min(1),
  volumes: z.array(
    // 0440 as YAML 1.1 reads it, which is what Kubernetes does.
    z.strictObject({
      name,
      secret: z.strictObject({
        secretName: name,
        defaultMode: z.literal(0o440),
        items: z.array(z.strictObject({ key: name, path: name })).optional(),
      }),
    }),
  ),
})

const podTemplate = z.strictObject({ metadata: z.strictObject({ labels }), spec: podSpec })

const document = <Kind extends string, Fields extends z.ZodRawShape>(
  apiVersion: string,
  kind: Kind,
  fields: Fields,
) => z.strictObject({ apiVersion: z.literal(apiVersion), kind: z.literal(kind), metadata, ...fields })

/** Any document of the manifests. */
export const kubernetesDocument = z.discriminatedUnion('kind', [
  document('v1', 'ServiceAccount', { automountServiceAccountToken: z.literal(false) }),
  document('v1', 'ConfigMap', { data: z.record(z.string(), z.string()) }),
  document('batch/v1', 'Job', {
    spec: z.strictObject({
      backoffLimit: z.int().min(0),
      activeDeadlineSeconds: seconds,
      ttlSecondsAfterFinished: seconds,
      template: podTemplate,
    }),
  }),
  document('apps/v1', 'Deployment', {
    spec: z.strictObject({
      replicas: z.int().min(2),
      selector: matchLabels,
      strategy: z.strictObject({
        type: z.literal('RollingUpdate'),
        rollingUpdate: z.strictObject({ maxUnavailable: z.int().min(0), maxSurge: z.int().min(1) }),
      }),
      template: podTemplate,
    }),
  }),
  document('v1', 'Service', {
    spec: z.strictObject({
      selector: labels,
      ports: z.array(z.strictObject({ name, port: z.int(), targetPort: z.union([z.string(), z.int()]) })),
    }),
  }),
  document('policy/v1', 'PodDisruptionBudget', {
    spec: z.strictObject({ maxUnavailable: z.int().min(1), selector: matchLabels }),
  }),
])

export type KubernetesDocument = z.output<typeof kubernetesDocument>
