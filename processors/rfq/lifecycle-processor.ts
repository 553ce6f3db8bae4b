import type { KeptRfq, LifecycleEnvelope, LpsEnvelope, MarksEnvelope, RfqDeadline } from '#avro'
import {
  type Cancellable,
  type GlobalKTable,
  globalStoreOf,
  type KeyValueStore,
  type KeyValueStoreSpec,
  keyValueStoreOf,
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  type ReadOnlyKeyValueStore,
  type StreamRecord,
} from '#streams'
import { EVERYONE, ownOrShared } from '../instruments/own-or-shared.ts'
import type { CountUnder } from '../metrics/count-by.ts'
import { lifecycleCounts, misfitCounts } from './counts.ts'
import { deadlineKey, deadlinesUntil, deadlineTimeOf, nextDeadline } from './deadlines.ts'
import type { Facts } from './draft.ts'
import { advanceRfq, type RfqInput } from './lifecycle.ts'
import { refusal } from './refusals.ts'

export interface LifecycleOptions {
  readonly topology: string
  readonly rfqs: KeyValueStoreSpec<string, KeptRfq>
  readonly deadlines: KeyValueStoreSpec<string, RfqDeadline>
  readonly marks: GlobalKTable<string, MarksEnvelope>['store']
  readonly lps: GlobalKTable<string, LpsEnvelope>['store']
  /** Least time between two looks at the deadlines, ms. */
  readonly lookEveryMs: number
  /** How long a finished RFQ is kept, so that retries of its commands get their first outcome, ms. */
  readonly keepMs: number
}

/**
 * Admissions, commands, quotes and trades of RFQs in, under `tenant|rfqId`; the events of their lives out. Time passes by the wall clock:
 * there is no look at the deadlines while none is due.
 */
export function followRfqs(
  options: LifecycleOptions,
): ProcessorSupplier<string, RfqInput, string, LifecycleEnvelope> {
  return () => new FollowRfqs(options)
}

class FollowRfqs implements Processor<string, RfqInput, string, LifecycleEnvelope> {
  readonly #options: LifecycleOptions
  #context: ProcessorContext<string, LifecycleEnvelope> | undefined
  #rfqs: KeyValueStore<string, KeptRfq> | undefined
  #deadlines: KeyValueStore<string, RfqDeadline> | undefined
  #marks: ReadOnlyKeyValueStore<string, MarksEnvelope> | undefined
  #lps: ReadOnlyKeyValueStore<string, LpsEnvelope> | undefined
  #count: ((event: LifecycleEnvelope) => void) | undefined
  #countMisfit: CountUnder<string> | undefined
  #maker = { producer: '', node: '' }
  #look: Cancellable | undefined
  /** No deadline in the store is earlier: what lies there decides, this only saves looking. */
  #earliestMs = Number.POSITIVE_INFINITY

  constructor(options: LifecycleOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<string, LifecycleEnvelope>): void {
    this.#context = context
    this.#count = lifecycleCounts(context.metrics)
    this.#countMisfit = misfitCounts(context.metrics)
    this.#maker = { producer: this.#options.topology, node: context.nodeName }
    this.#rfqs = keyValueStoreOf(context, this.#options.rfqs)
    this.#deadlines = keyValueStoreOf(context, this.#options.deadlines)
    this.#marks = globalStoreOf(context, this.#options.marks)
    this.#lps = globalStoreOf(context, this.#options.lps)
    const { lookEveryMs } = this.#options
    this.#look = context.schedule(lookEveryMs, 'wall-clock', (nowMs) => this.#passTime(nowMs))
    this.#expect(this.#readEarliest())
  }

  process({ key, value: input, headers }: StreamRecord<string, RfqInput>): void {
    const context = this.#context
    if (context === undefined) return
    const leftOut = this.#advance(key, input, context.currentSystemTimeMs(), headers)
    if (leftOut === 'repeated') context.drop('trade-repeated')
    if (leftOut === 'misplaced') {
      this.#countMisfit?.('RFQ_TRADE_MISPLACED')
      context.deadLetter(refusal('RFQ_TRADE_MISPLACED', `${key} did not agree to this trade`))
    }
  }

  #passTime(nowMs: number): void {
    const due = [...(this.#deadlines?.range(undefined, deadlinesUntil(nowMs)) ?? [])]
    for (const [, { rfqKey }] of due) this.#advance(rfqKey, undefined, nowMs, [])
    this.#expect(this.#readEarliest())
  }

  #expect(earliestMs: number): void {
    this.#earliestMs = earliestMs
    this.#look?.holdUntil(earliestMs)
  }

  #advance(
    key: string,
    input: RfqInput | undefined,
    nowMs: number,
    headers: StreamRecord<string, unknown>['headers'],
  ) {
    const before = this.#rfqs?.get(key)
    const { events, leftOut, rfq } = advanceRfq(before, input, this.#factsOf(key, nowMs))
    if (rfq !== before) {
      if (rfq === undefined) this.#rfqs?.delete(key)
      else this.#rfqs?.put(key, rfq)
      this.#moveDeadline(key, nextDeadline(before)?.atMs, nextDeadline(rfq)?.atMs)
    }
    for (const value of events) {
      this.#count?.(value)
      this.#context?.forward({ key, value, timestampMs: nowMs, headers })
    }
    return leftOut
  }

  #moveDeadline(key: string, fromMs: number | undefined, toMs: number | undefined): void {
    if (fromMs === toMs) return
    if (fromMs !== undefined) this.#deadlines?.delete(deadlineKey(fromMs, key))
    if (toMs === undefined) return
    this.#deadlines?.put(deadlineKey(toMs, key), { rfqKey: key })
    if (toMs < this.#earliestMs) this.#expect(toMs)
  }

  #readEarliest(): number {
    const all = this.#deadlines?.all()
    const first = all?.next().value
    all?.close()
    return first === undefined ? Number.POSITIVE_INFINITY : deadlineTimeOf(first[0])
  }

  #factsOf(key: string, nowMs: number): Facts {
    const border = key.indexOf('|')
    const tenantId = key.slice(0, border)
    return {
      tenantId,
      rfqId: key.slice(border + 1),
      nowMs,
      maker: this.#maker,
      keepMs: this.#options.keepMs,
      markOf: (instrumentId) => {
        const mark = this.#marks?.get(`${EVERYONE}|${instrumentId}`)?.payload
        if (mark === undefined) return null
        const { ask, bid, eventTimeMs, mid } = mark
        return { ask, bid, eventTimeMs, mid }
      },
      // A tenant's own provider hides the platform's of the same id.
      lastLookOf: (lpId) => {
        const lp = ownOrShared(this.#lps, tenantId, lpId)
        return lp?.payload.lastLook ?? null
      },
    }
  }
}
