import type { RecordedFile, RecordedRow } from './recorded-file.ts'

interface Head {
  readonly row: RecordedRow
  readonly order: number
  readonly rest: Iterator<RecordedRow>
}

/**
 * Merges files by event time; rows of one file keep their order, and equal times go by the order of the files. A row that is earlier than
 * its file's row before is not pulled ahead: it comes where the file has it.
 */
export function* mergeByEventTime(files: readonly RecordedFile[]): Iterable<RecordedRow> {
  const heads: Head[] = []
  for (const [order, file] of files.entries()) push(heads, file.rows()[Symbol.iterator](), order)
  while (heads.length > 0) {
    const first = pop(heads)
    yield first.row
    push(heads, first.rest, first.order)
  }
}

function before(left: Head, right: Head): boolean {
  return (
    left.row.eventTimeMs < right.row.eventTimeMs ||
    (left.row.eventTimeMs === right.row.eventTimeMs && left.order < right.order)
  )
}

function push(heap: Head[], rest: Iterator<RecordedRow>, order: number): void {
  const { value, done } = rest.next()
  if (done) return
  heap.push({ row: value, order, rest })
  for (let index = heap.length - 1; index > 0; ) {
    const parent = (index - 1) >> 1
    if (!swapIf(heap, parent, index)) break
    index = parent
  }
}

function pop(heap: Head[]): Head {
  const first = heap[0] as Head
  const last = heap.pop() as Head
  if (heap.length > 0) heap[0] = last
  for (let index = 0; ; ) {
    const left = 2 * index + 1
    if (left >= heap.length) return first
    const right = left + 1
    const child =
      right < heap.length && before(heap[right] as Head, heap[left] as Head) ? right : left
    if (!swapIf(heap, index, child)) return first
    index = child
  }
}

/** Puts the earlier of the two in front; true when they changed places. */
function swapIf(heap: Head[], front: number, behind: number): boolean {
  const a = heap[front] as Head
  const b = heap[behind] as Head
  if (!before(b, a)) return false
  heap[front] = b
  heap[behind] = a
  return true
}
