import type { EventFacts } from './facts.ts'
import { pathOnly } from './json-lines.ts'
import type { Random } from './random.ts'
import { pythonLine } from './text-lines.ts'

type Message = (random: Random, event: EventFacts) => string

/** Messages of business and system monitors, Chinese and English, behind a header of Python logging. */
export function monitor(random: Random, event: EventFacts): string {
  if (event.durationMs >= 500 && random.chance(0.8)) return pythonLine(event, random.pick(slow)(random, event))
  return pythonLine(event, random.pick(messages)(random, event))
}

const slow: readonly Message[] = [
  (_, event) => `慢请求: ${event.method} ${pathOnly(event.path)} (${event.endpoint}) - ${seconds(event)}秒`,
  (_, event) => `slow request: ${event.method} ${pathOnly(event.path)} (${event.endpoint}) took ${seconds(event)}s`,
  (_, event) => `慢查询: ${seconds(event)}秒 SELECT * FROM orders WHERE user_id = 7`,
]

const messages: readonly Message[] = [
  (_, { method, path, status, durationMs }) => `请求完成: ${method} ${pathOnly(path)} ${status} ${durationMs}ms`,
  (_, event) => `user:${event.user} action:login ip:${event.ip}`,
  (_, event) => `用户:${event.user} 操作:导出报表 结果:${event.isFailure ? '失败' : '成功'}`,
  (random) => `order placed id=${order(random)} symbol=AAPL side=BUY qty=100 price=${price(random)}`,
  (random) => `下单成功: 订单号=${order(random)} 标的=AAPL 方向=买入 数量=100 价格=${price(random)}`,
  (random) => `order ${order(random)} rejected: insufficient margin`,
  (random) => `撤单: ${order(random)}`,
  (random) => `成交: ${order(random)} 100@${price(random)}`,
  (random) => `signal strategy=ma_cross symbol=BTCUSDT action=SELL strength=0.${10 + random.below(90)}`,
  (random) => `策略信号: ma_cross BTCUSDT 卖出 强度0.${10 + random.below(90)}`,
  (_, event) => `cpu: ${percent(event.cpu)}% mem: 61% disk: 66%`,
  (_, event) => `CPU使用率: ${percent(event.cpu)}%`,
  (_, event) => `task backup_db finished in ${seconds(event)}s`,
  () => '定时任务 refresh_prices 执行失败: timeout',
]

function seconds(event: EventFacts): string {
  return (event.durationMs / 1000).toFixed(2)
}

function percent(share: number): string {
  return (share * 100).toFixed(1)
}

function order(random: Random): string {
  return `O-${1000 + random.below(9000)}`
}

function price(random: Random): string {
  return (150 + random.next() * 50).toFixed(2)
}
