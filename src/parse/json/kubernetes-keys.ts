import type { JsonTarget } from '../format.ts'

type Targets = JsonTarget | readonly JsonTarget[]

/** Short keys of shippers for containers and pods (`docs/formats.md` section 5). */
const shortKeys: Readonly<Record<string, Targets>> = {
  pod_name: { to: 'field', field: 'kubernetes.pod.name' },
  pod: { to: 'field', field: 'kubernetes.pod.name', rank: 1 },
  pod_id: { to: 'field', field: 'kubernetes.pod.uid' },
  pod_uid: { to: 'field', field: 'kubernetes.pod.uid', rank: 1 },
  namespace_name: { to: 'field', field: 'kubernetes.namespace' },
  pod_namespace: { to: 'field', field: 'kubernetes.namespace', rank: 1 },
  container_name: [
    { to: 'field', field: 'kubernetes.container.name' },
    { to: 'field', field: 'container.name' },
    { to: 'field', field: 'service.name', rank: 9 },
  ],
  host: { to: 'field', field: 'kubernetes.node.name' },
  pod_node_name: { to: 'field', field: 'kubernetes.node.name', rank: 1 },
  docker_id: { to: 'container' },
  container_id: { to: 'container', rank: 1 },
  container_image: { to: 'image' },
}

/** Labels that name the service, the best one first; all stay labels. */
const serviceLabels = ['app.kubernetes.io/name', 'app', 'k8s-app']

/** Keys below `prefix` as fields: short names, and labels. `labels.*` of the map is that of the shipper. */
export function kubernetesKeys(prefix: string): Record<string, Targets> {
  const label: JsonTarget = { to: 'under', prefix: 'kubernetes.labels' }
  const keys: Record<string, Targets> = { [`${prefix}.labels.*`]: label }
  for (const [key, target] of Object.entries(shortKeys)) keys[`${prefix}.${key}`] = target
  for (const [rank, name] of serviceLabels.entries()) {
    keys[`${prefix}.labels.${name}`] = [label, { to: 'field', field: 'service.name', rank: rank + 2 }]
  }
  return keys
}
