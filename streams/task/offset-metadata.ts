/**
 * Time as the task knew it, kept with the committed offsets, so that after a restart late records are judged and stream-time
 * punctuations fire as if nothing had happened.
 */
export interface TimeProgress {
  readonly partitionTimeMs: number
  readonly streamTimeMs: number
  /** Due times of stream-time punctuations, in the order in which `init` scheduled them. */
  readonly punctuationDueMs: readonly number[]
}

/** Brokers keep at most this many bytes of text with an offset. */
const METADATA_BYTES_MAX = 4_096

/** `1:<partition time>:<stream time>:<due>,<due>` in base 36. */
export function encodeTimeProgress(progress: TimeProgress): string {
  const due = progress.punctuationDueMs.map(encodeNumber).join(',')
  const text = `1:${encodeNumber(progress.partitionTimeMs)}:${encodeNumber(progress.streamTimeMs)}:`
  return text.length + due.length > METADATA_BYTES_MAX ? text : text + due
}

/** Undefined for text of another origin: an offset that a tool set. */
export function decodeTimeProgress(text: string | undefined): TimeProgress | undefined {
  if (text === undefined) return undefined
  const [version, partitionTime, streamTime, due] = text.split(':')
  if (version !== '1' || partitionTime === undefined || streamTime === undefined) return undefined
  const progress = {
    partitionTimeMs: Number.parseInt(partitionTime, 36),
    streamTimeMs: Number.parseInt(streamTime, 36),
    punctuationDueMs: due ? due.split(',').map((each) => Number.parseInt(each, 36)) : [],
  }
  const numbers = [progress.partitionTimeMs, progress.streamTimeMs, ...progress.punctuationDueMs]
  return numbers.every(Number.isSafeInteger) ? progress : undefined
}

function encodeNumber(value: number): string {
  return Math.floor(value).toString(36)
}
