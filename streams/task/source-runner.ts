import type { StreamRecord } from '../processor.ts'
import type { Serde } from '../serde.ts'
import type { SourceNode, TimestampExtractor } from '../topology.ts'
import type { RecordReceiver } from './task-host.ts'

/** Where records of some topics enter the graph. */
export class SourceRunner {
  readonly name: string
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly timestampExtractor: TimestampExtractor | undefined
  readonly #children: readonly RecordReceiver[]

  constructor(node: SourceNode, children: readonly RecordReceiver[]) {
    this.name = node.name
    this.keySerde = node.keySerde
    this.valueSerde = node.valueSerde
    this.timestampExtractor = node.timestampExtractor
    this.#children = children
  }

  process(record: StreamRecord<unknown, unknown>): void {
    for (const child of this.#children) child.process(record)
  }
}
