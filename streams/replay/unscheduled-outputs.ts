import { createHash } from 'node:crypto'
import type { Log, PartitionAppend, TopicPartition } from '../log/log.ts'
import type { OutputReport } from './output-report.ts'
import { PartitionCursor } from './partition-cursor.ts'
import { type RecordBytes, recordText } from './record-text.ts'

const SLICE = 5_000

interface Written {
  readonly taskId: string
  /** Of each record, in order. */
  readonly hashes: string[]
  at: number
}

/**
 * Outputs of a run without a schedule, beside those on the log: nobody knows who wrote a record there, so each is taken to be the next one of a task
 * that wrote the same, else it differs.
 */
export class UnscheduledOutputs {
  readonly #written = new Map<string, { readonly place: TopicPartition; readonly by: Written[] }>()

  add(taskId: string, appends: readonly PartitionAppend[]): void {
    for (const { topic, partition, records } of appends) {
      const id = `${topic}-${partition}`
      let written = this.#written.get(id)
      if (written === undefined) {
        written = { place: { topic, partition }, by: [] }
        this.#written.set(id, written)
      }
      let mine = written.by.find((one) => one.taskId === taskId)
      if (mine === undefined) {
        mine = { taskId, hashes: [], at: 0 }
        written.by.push(mine)
      }
      for (const record of records) mine.hashes.push(hashOf(record))
    }
  }

  async compare(log: Log, report: OutputReport): Promise<void> {
    for (const { place, by } of this.#written.values()) {
      const cursor = await PartitionCursor.open(log, place)
      for (let from = cursor.startOffset; from < cursor.endOffset; from += SLICE) {
        const records = await cursor.read(from, Math.min(cursor.endOffset, from + SLICE))
        for (const record of records) {
          const hash = hashOf(record)
          const writer = by.find(({ hashes, at }) => hashes[at] === hash)
          if (writer !== undefined) {
            writer.at++
            report.count(writer.taskId, place.topic, 'equal')
            continue
          }
          const { offset } = record
          const recorded = recordText(record)
          const taskId = by.length === 1 ? (by[0]?.taskId ?? '') : ''
          report.differ('missing', {
            ...place,
            taskId,
            transaction: undefined,
            offset,
            recorded,
            rebuilt: undefined,
          })
        }
      }
      await cursor.close()
      for (const { taskId, hashes, at } of by) {
        for (let left = at; left < hashes.length; left++)
          report.differ('added', {
            ...place,
            taskId,
            transaction: undefined,
            offset: undefined,
            recorded: undefined,
            rebuilt: `record ${left} of the task`,
          })
      }
    }
  }
}

function hashOf({ key, value, timestampMs, headers = [] }: RecordBytes): string {
  const hash = createHash('sha1')
  const add = (bytes: Uint8Array | null) => {
    hash.update(bytes === null ? 'n' : `${bytes.byteLength}:`)
    if (bytes !== null) hash.update(bytes)
  }
  add(key)
  add(value)
  hash.update(String(timestampMs))
  for (const [name, bytes] of headers) {
    hash.update(`${name.length}${name}`)
    add(bytes)
  }
  return hash.digest('base64')
}
