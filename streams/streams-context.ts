import type { StreamsOptions } from './streams-options.ts'
import { scheduleTarget } from './streams-schedule.ts'
import type { ThreadContext } from './worker/thread-context.ts'

/** What an instance makes itself for all of its threads; the rest is in its options. */
type OwnParts = Pick<
  ThreadContext,
  | 'plan'
  | 'state'
  | 'group'
  | 'globals'
  | 'timers'
  | 'limits'
  | 'deadLetterLog'
  | 'dropLog'
  | 'recordCacheBudget'
>

/** The context of an instance's threads. */
export function threadContext(options: StreamsOptions, own: OwnParts): ThreadContext {
  const { applicationId, clientId = applicationId, guarantee, handlers = {} } = options
  const { log, clock, logger, metrics, deadLetter, deadLetterDropped = [] } = options
  const { restoreListener, probe } = options
  return {
    ...own,
    clientId,
    log,
    clock,
    logger,
    metrics,
    guarantee: guarantee === 'at_least_once' ? 'at_least_once' : 'exactly_once',
    handlers,
    deadLetter,
    deadLetterDropped,
    restoreListener,
    probe,
    schedule: scheduleTarget(options, own.plan),
  }
}
