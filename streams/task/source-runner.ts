import type { StreamRecord } from '../processor.ts'
import type { Serde } from '../serde.ts'
import type { SourceNode, TimestampExtractor } from '../topology.ts'
import type { RecordReceiver } from './task-host.ts'

/** Where records of some topics enter the graph. */
export class SourceRunner implements RecordReceiver {
  readonly name: string
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly timestampExtractor: TimestampExtractor | undefined
  readonly #children: readonly RecordReceiver[]
  #count = 0

  constructor(node: SourceNode, children: readonly RecordReceiver[]) {
    this.name = node.name
    this.keySerde = node.keySerde
    this.valueSerde = node.valueSerde
    this.timestampExtractor = node.timestampExtractor
    this.#children = children
  }

  process(record: StreamRecord<unknown, unknown>): void {
    this.#count++
    for (const child of this.#children) child.process(record)
  }

  takeCount(): number {
    const count = this.#count
    this.#count = 0
    return count
  }
}
