/** What the record caches of all tasks of an instance hold together. Beyond the maximum a task that has something in its caches commits. */
export class RecordCacheBudget {
  /** 0: there are no caches. */
  readonly bytesMax: number
  bytes = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  get isFull(): boolean {
    return this.bytes >= this.bytesMax
  }
}
