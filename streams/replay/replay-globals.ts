import { GlobalTables } from '../restore/global-tables.ts'
import type { InputPosition } from '../task/transaction-schedule.ts'
import type { PartitionCursors } from './partition-cursor.ts'
import type { ReplayContext } from './replay-context.ts'

/** Records applied as one batch. */
const SLICE = 5_000

/** Global tables of one replayed task, brought to where the recorded task saw them: several partitions that moved at once move in their order. */
export class ReplayGlobals {
  readonly tables: GlobalTables
  readonly #context: ReplayContext
  readonly #cursors: PartitionCursors

  static async open(
    context: ReplayContext,
    cursors: PartitionCursors,
    directory: string,
  ): Promise<ReplayGlobals> {
    const { plan, stores, handlers, logger, metrics } = context
    const tables = await GlobalTables.open({
      applicationId: plan.applicationId,
      topology: plan.topology,
      stores,
      directory,
      handlers,
      logger,
      metrics,
      overlayBytesMax: Number.MAX_SAFE_INTEGER,
      partitionCount: (topic) => plan.partitionCounts.get(topic) ?? 0,
    })
    return new ReplayGlobals(context, cursors, tables)
  }

  private constructor(context: ReplayContext, cursors: PartitionCursors, tables: GlobalTables) {
    this.#context = context
    this.#cursors = cursors
    this.tables = tables
  }

  async advance(positions: readonly InputPosition[]): Promise<void> {
    for (const { topic, partition, offset: to } of positions) {
      const place = { topic, partition }
      for (let from = this.tables.position(place) ?? 0; from < to; ) {
        const cursor = await this.#cursors.of(place)
        const next = Math.min(to, Math.max(from, cursor.startOffset) + SLICE)
        const records = await cursor.read(from, next)
        const given = records.flatMap((record) => this.#context.change(place, record))
        await this.#awaitSerdes(topic, given)
        this.tables.apply({ ...place, records: given, nextOffset: next, endOffset: to })
        from = next
      }
    }
  }

  async close(): Promise<void> {
    await this.tables.close()
  }

  async #awaitSerdes(
    topic: string,
    records: readonly { readonly key: Uint8Array | null; readonly value: Uint8Array | null }[],
  ): Promise<void> {
    for (const node of this.#context.plan.topology.globalStores) {
      if (node.topic !== topic) continue
      for (const { key, value } of records) {
        if (key !== null) await node.keySerde.pending?.(key)
        if (value !== null) await node.valueSerde.pending?.(value)
      }
    }
  }
}
