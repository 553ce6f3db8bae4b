import type { LogRecord, PartitionAppend, ProducerRecord, TopicPartition } from '../log/log.ts'
import type { RecordedChunk } from './recorded-outputs.ts'
import type { ReplayContext } from './replay-context.ts'
import { type InputSource, inputsOf } from './scheduled-run.ts'

/**
 * Repartition topics as a changed run writes them, at the places where the recorded run wrote: what a transaction writes now stands where its
 * records stood, so that readers see it in the batch in which they saw those.
 */
export class RebuiltRepartitions implements InputSource {
  readonly #topics: ReadonlySet<string>
  readonly #log: InputSource
  /** By partition, in order of offset. */
  readonly #chunks = new Map<string, RecordedChunk[]>()
  /** Of each partition, how many of the first chunks are rebuilt. */
  readonly #ready = new Map<string, number>()
  readonly #rebuilt = new Map<RecordedChunk, readonly ProducerRecord[]>()
  /** Written to a partition to which the recorded transaction wrote nothing: they go with the task's next records there. */
  readonly #waiting = new Map<string, ProducerRecord[]>()

  constructor(context: ReplayContext, chunks: readonly RecordedChunk[]) {
    this.#topics = new Set(context.plan.repartitionTopics)
    this.#log = inputsOf(context)
    for (const chunk of chunks) {
      if (!this.#topics.has(chunk.topic)) continue
      const some = this.#chunks.get(idOf(chunk)) ?? []
      this.#chunks.set(idOf(chunk), some)
      some.push(chunk)
    }
    for (const some of this.#chunks.values()) some.sort((a, b) => a.baseOffset - b.baseOffset)
  }

  /** Records that no reader was given. */
  get undelivered(): number {
    let count = 0
    for (const records of this.#waiting.values()) count += records.length
    return count
  }

  /** What a transaction writes now, with the places of what it wrote when it was recorded. */
  written(
    taskId: string,
    recorded: readonly RecordedChunk[],
    rebuilt: readonly PartitionAppend[],
  ): void {
    for (const chunk of recorded) {
      if (!this.#topics.has(chunk.topic)) continue
      const waiting = this.#waiting.get(`${taskId} ${idOf(chunk)}`) ?? []
      this.#waiting.delete(`${taskId} ${idOf(chunk)}`)
      const now = rebuilt.find((one) => idOf(one) === idOf(chunk))?.records ?? []
      this.#rebuilt.set(chunk, [...waiting, ...now])
    }
    for (const append of rebuilt) {
      if (!this.#topics.has(append.topic)) continue
      if (recorded.some((chunk) => idOf(chunk) === idOf(append))) continue
      const id = `${taskId} ${idOf(append)}`
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), ...append.records])
    }
  }

  isReady(place: TopicPartition, to: number): boolean {
    if (!this.#topics.has(place.topic)) return true
    const chunks = this.#chunks.get(idOf(place)) ?? []
    let ready = this.#ready.get(idOf(place)) ?? 0
    for (let chunk = chunks[ready]; chunk !== undefined; chunk = chunks[++ready])
      if (!this.#rebuilt.has(chunk)) break
    this.#ready.set(idOf(place), ready)
    const next = chunks[ready]
    return next === undefined || next.baseOffset >= to
  }

  async read(...request: Parameters<InputSource['read']>): ReturnType<InputSource['read']> {
    const [task, place, from, to] = request
    if (!this.#topics.has(place.topic)) return this.#log.read(...request)
    const held = await (await task.cursors.of(place)).read(from, to)
    const chunks = this.#chunks.get(idOf(place)) ?? []
    const records: LogRecord[] = []
    for (const record of held) {
      const chunk = chunkAt(chunks, record.offset)
      const now = chunk === undefined ? undefined : this.#rebuilt.get(chunk)
      if (chunk === undefined || now === undefined) {
        records.push(record)
        continue
      }
      const index = record.offset - chunk.baseOffset
      const isLast = index === chunk.records - 1
      for (const one of now.slice(index, isLast ? undefined : index + 1))
        records.push({ ...one, headers: one.headers ?? [], offset: record.offset })
      if (isLast) this.#rebuilt.set(chunk, [])
    }
    return { records, held: held.length }
  }
}

/** Undefined between chunks: a record that no task of the recorded run wrote. */
function chunkAt(chunks: readonly RecordedChunk[], offset: number): RecordedChunk | undefined {
  let low = 0
  let high = chunks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((chunks[middle]?.baseOffset ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  const chunk = chunks[low - 1]
  return chunk !== undefined && offset < chunk.baseOffset + chunk.records ? chunk : undefined
}

function idOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
