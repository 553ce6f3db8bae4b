/**
 * Time as the task knew it, kept with the committed offsets, so that after a restart late records are judged and stream-time
 * punctuations fire as if nothing had happened.
 */
export interface TimeProgress {
  readonly partitionTimeMs: number
  readonly streamTimeMs: number
  /** Times of operators, by short id. */
  readonly observedTimes: ReadonlyMap<string, number>
  /** Due times of stream-time punctuations, in the order in which `init` scheduled them. */
  readonly punctuationDueMs: readonly number[]
}

/** Brokers keep at most this many bytes of text with an offset. */
const METADATA_BYTES_MAX = 4_096

/**
 * `2:<partition time>:<stream time>:<id>.<lag>,<id>.<lag>:<due>,<due>` in base 36; an operator's lag is how far it is behind the stream
 * time. Due times are left out where they do not fit; the number of operators is bounded, so that theirs always do.
 */
export function encodeTimeProgress(progress: TimeProgress): string {
  const { partitionTimeMs, streamTimeMs, observedTimes, punctuationDueMs } = progress
  let text = `2:${encodeNumber(partitionTimeMs)}:${encodeNumber(streamTimeMs)}:`
  let separator = ''
  for (const [id, ms] of observedTimes) {
    text += `${separator}${id}.${encodeNumber(streamTimeMs - ms)}`
    separator = ','
  }
  text += ':'
  const due = punctuationDueMs.map(encodeNumber).join(',')
  return text.length + due.length > METADATA_BYTES_MAX ? text : text + due
}

/** Undefined for text of another origin: an offset that a tool set. Version 1 had no times of operators. */
export function decodeTimeProgress(text: string | undefined): TimeProgress | undefined {
  if (text === undefined) return undefined
  const [version, partitionTime, streamTime, ...rest] = text.split(':')
  if (partitionTime === undefined || streamTime === undefined) return undefined
  if (version !== '1' && version !== '2') return undefined
  const [observed, due] = version === '1' ? ['', rest[0]] : rest
  const streamTimeMs = decodeNumber(streamTime)
  const progress = {
    partitionTimeMs: decodeNumber(partitionTime),
    streamTimeMs,
    observedTimes: decodeObserved(observed, streamTimeMs),
    punctuationDueMs: due ? due.split(',').map(decodeNumber) : [],
  }
  const numbers = [
    progress.partitionTimeMs,
    streamTimeMs,
    ...progress.observedTimes.values(),
    ...progress.punctuationDueMs,
  ]
  return numbers.every(Number.isSafeInteger) ? progress : undefined
}

function decodeObserved(text: string | undefined, streamTimeMs: number): Map<string, number> {
  const times = new Map<string, number>()
  if (!text) return times
  for (const each of text.split(',')) {
    const [id = '', lag = ''] = each.split('.')
    times.set(id, streamTimeMs - decodeNumber(lag))
  }
  return times
}

function encodeNumber(value: number): string {
  return Math.floor(value).toString(36)
}

function decodeNumber(text: string): number {
  return Number.parseInt(text, 36)
}
