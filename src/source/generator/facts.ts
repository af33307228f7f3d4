import { Instant } from './instant.ts'
import type { Random } from './random.ts'
import type { Condition } from './story.ts'

/** What happened, before any format writes it down: a request that a service answered. Filled again for each event. */
export class EventFacts {
  readonly time = new Instant()
  service = ''
  host = ''
  pid = 0
  version = ''
  method = ''
  /** As the router knows it: `/orders/{id}`. */
  route = ''
  path = ''
  /** Name of the function behind the route. */
  endpoint = ''
  status = 0
  durationMs = 0
  bytes = 0
  ip = ''
  port = 0
  user = ''
  agent = ''
  level: 'info' | 'warn' | 'error' = 'info'
  message = ''
  /** 0 to 1. */
  cpu = 0

  get isFailure(): boolean {
    return this.status >= 500
  }
}

const routes = [
  { method: 'GET', route: '/products/{id}', endpoint: 'get_product' },
  { method: 'GET', route: '/products', endpoint: 'list_products' },
  { method: 'POST', route: '/orders', endpoint: 'create_order' },
  { method: 'GET', route: '/orders/{id}', endpoint: 'get_order' },
  { method: 'POST', route: '/pay', endpoint: 'pay' },
  { method: 'PUT', route: '/cart/{id}', endpoint: 'update_cart' },
  { method: 'GET', route: '/search?q=wool+socks', endpoint: 'search' },
  { method: 'GET', route: '/health', endpoint: 'health' },
] as const

const users = ['alice', 'bob', 'chen.wei', 'dana', 'li.na', 'omar'] as const

const agents = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1',
  'curl/8.5.0',
  'okhttp/4.12.0',
] as const

const failures = [
  'upstream timed out after 3000 ms',
  'connection refused by payments:8443',
  'deadlock detected while updating stock',
  'pool exhausted: 20 of 20 connections in use',
] as const

const clientStatuses = [400, 401, 403, 404, 404, 404, 409, 429] as const

/** Draws the next event of a service. The draws do not depend on the format, so that formats can be exchanged. */
export function drawFacts(facts: EventFacts, random: Random, condition: Condition): void {
  const { method, route, endpoint } = random.pick(routes)
  facts.method = method
  facts.route = route
  facts.endpoint = endpoint
  facts.path = route.endsWith('{id}') ? `${route.slice(0, -4)}${1000 + random.below(9000)}` : route
  const draw = random.next()
  if (draw < condition.errorShare) facts.status = random.pick([500, 502, 503, 504])
  else if (draw < condition.errorShare + 0.03) facts.status = random.pick(clientStatuses)
  else facts.status = method === 'POST' ? 201 : 200
  const isSlow = random.chance(condition.slowShare)
  const part = random.next()
  facts.durationMs = isSlow ? 1500 + Math.floor(part * 3500) : 3 + Math.floor(part * part * part * 180)
  facts.bytes = facts.status === 200 ? 200 + random.below(20_000) : 60 + random.below(400)
  facts.ip = `10.${random.below(4)}.${random.below(8)}.${1 + random.below(250)}`
  facts.port = 32_768 + random.below(28_000)
  facts.user = random.pick(users)
  facts.agent = random.pick(agents)
  facts.cpu = Math.min(1, condition.cpu + (random.next() - 0.5) * 0.04)
  facts.level = facts.status >= 500 ? 'error' : facts.status >= 400 ? 'warn' : 'info'
  if (condition.isDeploying && random.chance(0.2)) facts.message = `deployment of ${facts.version} under way`
  else if (facts.status >= 500) facts.message = random.pick(failures)
  else if (facts.status >= 400) facts.message = `request refused for ${facts.user}`
  else facts.message = `request completed for ${facts.user}`
}
