import { ecsFieldsByKind } from './ecs-fields.ts'

export type FieldKind = 'keyword' | 'text' | 'long' | 'double' | 'boolean' | 'date' | 'ip' | 'keyword[]' | 'object'

/** Fields that code names. Everything else (other ECS fields, `attributes.*`, `labels.*`) is added when first seen. */
const named = {
  '@timestamp': 'date',
  message: 'text',
  tags: 'keyword[]',
  'ecs.version': 'keyword',
  'event.kind': 'keyword',
  'event.category': 'keyword[]',
  'event.type': 'keyword[]',
  'event.outcome': 'keyword',
  'event.dataset': 'keyword',
  'event.module': 'keyword',
  'event.action': 'keyword',
  'event.code': 'keyword',
  'event.reason': 'keyword',
  'event.id': 'keyword',
  'event.provider': 'keyword',
  'event.duration': 'long',
  'event.created': 'date',
  'event.timezone': 'keyword',
  'event.sequence': 'long',
  'event.original': 'keyword',
  'log.level': 'keyword',
  'log.logger': 'keyword',
  'log.file.path': 'keyword',
  'log.iostream': 'keyword',
  'log.offset': 'long',
  'log.origin.file.name': 'keyword',
  'log.origin.file.line': 'long',
  'log.origin.function': 'keyword',
  'log.syslog.priority': 'long',
  'log.syslog.facility.code': 'long',
  'log.syslog.facility.name': 'keyword',
  'log.syslog.severity.code': 'long',
  'log.syslog.severity.name': 'keyword',
  'log.syslog.appname': 'keyword',
  'log.syslog.procid': 'keyword',
  'log.syslog.msgid': 'keyword',
  'log.syslog.hostname': 'keyword',
  'log.syslog.version': 'keyword',
  'http.request.method': 'keyword',
  'http.request.id': 'keyword',
  'http.request.referrer': 'keyword',
  'http.request.mime_type': 'keyword',
  'http.request.bytes': 'long',
  'http.request.body.bytes': 'long',
  'http.response.status_code': 'long',
  'http.response.bytes': 'long',
  'http.response.body.bytes': 'long',
  'http.response.mime_type': 'keyword',
  'http.version': 'keyword',
  'url.original': 'keyword',
  'url.full': 'keyword',
  'url.path': 'keyword',
  'url.query': 'keyword',
  'url.fragment': 'keyword',
  'url.extension': 'keyword',
  'url.domain': 'keyword',
  'url.scheme': 'keyword',
  'url.port': 'long',
  'url.username': 'keyword',
  'user_agent.original': 'keyword',
  'source.address': 'keyword',
  'source.ip': 'ip',
  'source.port': 'long',
  'source.domain': 'keyword',
  'destination.address': 'keyword',
  'destination.ip': 'ip',
  'destination.port': 'long',
  'client.address': 'keyword',
  'client.ip': 'ip',
  'server.address': 'keyword',
  'server.port': 'long',
  'related.ip': 'keyword[]',
  'related.user': 'keyword[]',
  'host.name': 'keyword',
  'host.hostname': 'keyword',
  'process.pid': 'long',
  'process.name': 'keyword',
  'process.executable': 'keyword',
  'process.command_line': 'keyword',
  'process.thread.id': 'long',
  'process.thread.name': 'keyword',
  'service.name': 'keyword',
  'service.version': 'keyword',
  'service.environment': 'keyword',
  'service.node.name': 'keyword',
  'user.id': 'keyword',
  'user.name': 'keyword',
  'container.id': 'keyword',
  'container.name': 'keyword',
  'container.image.name': 'keyword',
  'container.image.tag': 'keyword',
  'orchestrator.cluster.name': 'keyword',
  'cloud.region': 'keyword',
  'error.type': 'keyword',
  'error.code': 'keyword',
  'error.id': 'keyword',
  'error.message': 'text',
  'error.stack_trace': 'text',
  'trace.id': 'keyword',
  'span.id': 'keyword',
  'transaction.id': 'keyword',
  'kubernetes.pod.name': 'keyword',
  'kubernetes.pod.uid': 'keyword',
  'kubernetes.namespace': 'keyword',
  'kubernetes.container.name': 'keyword',
  'kubernetes.node.name': 'keyword',
  'logpipe.format': 'keyword',
  'logpipe.envelope': 'keyword[]',
  'logpipe.pipeline': 'keyword',
  'logpipe.lines': 'long',
  'logpipe.config_hash': 'keyword',
  'logpipe.kafka.topic': 'keyword',
  'logpipe.kafka.partition': 'long',
  'logpipe.kafka.offset': 'long',
  'logpipe.kafka.offset_end': 'long',
  'logpipe.kafka.key': 'keyword',
  'logpipe.parse.error': 'keyword',
  'logpipe.parse.message': 'text',
  'logpipe.flags': 'keyword[]',
  'logpipe.level': 'keyword',
  'logpipe.severity': 'long',
  'logpipe.error': 'boolean',
  'logpipe.slow': 'boolean',
  'logpipe.time.source': 'keyword',
  'logpipe.time.parsed': 'date',
  'logpipe.http.route': 'keyword',
  'logpipe.http.endpoint': 'keyword',
  'logpipe.upstream.name': 'keyword',
  'logpipe.upstream.address': 'keyword',
  'logpipe.upstream.status': 'long',
  'logpipe.upstream.duration': 'long',
  'logpipe.business.kind': 'keyword',
  'logpipe.business.order_id': 'keyword',
  'logpipe.business.symbol': 'keyword',
  'logpipe.business.side': 'keyword',
  'logpipe.business.quantity': 'double',
  'logpipe.business.price': 'double',
  'logpipe.business.amount': 'double',
  'logpipe.business.currency': 'keyword',
  'logpipe.business.status': 'keyword',
  'logpipe.business.strategy': 'keyword',
  'logpipe.business.strength': 'double',
  'logpipe.business.cpu_pct': 'double',
  'logpipe.business.memory_pct': 'double',
  'logpipe.business.disk_pct': 'double',
  'logpipe.replay.id': 'keyword',
  'logpipe.original_base64': 'keyword',
  'logpipe.original_bytes': 'long',
  'logpipe.original_sha256': 'keyword',
  'server.domain': 'keyword',
  'attributes.source.port': 'keyword',
  'attributes.url.port': 'keyword',
  'attributes.process.pid': 'keyword',
  'attributes.http.response.status_code': 'keyword',
  'attributes.http.response.body.bytes': 'keyword',
  'attributes.nginx.x_forwarded_for': 'keyword',
  'attributes.nginx.upstream_connect_time': 'keyword',
  'attributes.nginx.upstream_header_time': 'keyword',
  'attributes.nginx.tail': 'keyword',
  'attributes.nginx.connection_id': 'long',
  'attributes.query': 'keyword',
  'log.syslog.structured_data': 'object',
  'attributes.syslog.sub': 'keyword',
  'attributes.overflow': 'keyword',
} as const satisfies Record<string, FieldKind>

/** Dotted name of a field that code may name. */
export type FieldName = keyof typeof named

const namedList = Object.keys(named)
const namedIds: ReadonlyMap<string, number> = new Map(namedList.map((name, id) => [name, id]))
const kinds = new Map<string, FieldKind>([
  ...Object.entries(ecsFieldsByKind).flatMap(([kind, names]) => {
    // The generator writes no other kinds.
    return names.split(' ').map((name): [string, FieldKind] => [name, kind as FieldKind])
  }),
  ...Object.entries<FieldKind>(named),
])

/** Number of a named field: the same in every process and every table. */
export function fieldId(name: FieldName): number {
  return namedIds.get(name) ?? -1
}

/** Kind of any field by its dotted name; undefined if neither logpipe nor ECS knows it. */
export function fieldKind(name: string): FieldKind | undefined {
  return kinds.get(name)
}

/** Names of ECS fields and logpipe's own, for "did you mean". */
export function knownFieldNames(): string[] {
  return [...kinds.keys()]
}

/** How many names may be added at run time, so that hostile keys cannot grow it without end. */
const maxAdded = 4096

/**
 * Names of fields as small numbers: one table for a worker, shared by parsers, emitter and folds. It only grows, and
 * state and outputs hold names, never these numbers.
 */
export class FieldTable {
  readonly names: string[] = [...namedList]
  readonly #ids = new Map(namedIds)

  /** The number of `name`, added if need be; -1 if the table is full. `name` is dotted, no part of it is empty. */
  id(name: string): number {
    const known = this.#ids.get(name)
    if (known !== undefined) return known
    if (this.names.length >= namedList.length + maxAdded) return -1
    const id = this.names.length
    this.names.push(name)
    this.#ids.set(name, id)
    return id
  }

  name(id: number): string {
    return this.names[id]!
  }
}
