import type { EventFacts } from './facts.ts'
import type { Random } from './random.ts'
import { logfmt, pythonLogging, springBoot } from './text-lines.ts'

/** Errors with their stack traces: several lines that are one event. */

export function javaTrace(random: Random, event: EventFacts): string {
  const line = 20 + random.below(200)
  return [
    springBoot(random, event),
    `java.lang.IllegalStateException: ${event.message}`,
    `\tat com.example.${event.service}.Stock.reserve(Stock.java:${line})`,
    `\tat com.example.${event.service}.Controller.${event.endpoint}(Controller.java:${line + 14})`,
    '\tat java.base/java.lang.Thread.run(Thread.java:1583)',
    'Caused by: java.sql.SQLTransientException: connection is closed',
    `\tat com.zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:${line + 3})`,
    '\t... 42 more',
  ].join('\n')
}

export function pythonTrace(random: Random, event: EventFacts): string {
  const line = 20 + random.below(200)
  return [
    pythonLogging(random, event),
    'Traceback (most recent call last):',
    `  File "/srv/app/${event.service}/api.py", line ${line}, in ${event.endpoint}`,
    '    order = repository.load(order_id)',
    `  File "/srv/app/${event.service}/repository.py", line ${line + 31}, in load`,
    '    raise RepositoryError(reason)',
    `app.errors.RepositoryError: ${event.message}`,
  ].join('\n')
}

export function nodeTrace(random: Random, event: EventFacts): string {
  const line = 20 + random.below(200)
  return [
    logfmt(random, event),
    `Error: ${event.message}`,
    `    at charge (/app/src/pay.js:${line}:11)`,
    `    at async ${event.endpoint} (/app/src/routes.js:${line + 9}:5)`,
    '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
  ].join('\n')
}
