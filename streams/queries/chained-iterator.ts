interface ClosableIterator<T> {
  next(): IteratorResult<T, undefined>
  close(): void
}

/** One scan after the other, each opened only when the one before is drained. */
export class ChainedIterator<T> {
  readonly #waiting: (() => ClosableIterator<T>)[]
  #current: ClosableIterator<T> | undefined

  constructor(scans: readonly (() => ClosableIterator<T>)[]) {
    this.#waiting = [...scans]
  }

  next(): IteratorResult<T, undefined> {
    for (;;) {
      this.#current ??= this.#waiting.shift()?.()
      if (this.#current === undefined) return { done: true, value: undefined }
      const step = this.#current.next()
      if (!step.done) return step
      this.#current.close()
      this.#current = undefined
    }
  }

  close(): void {
    this.#current?.close()
    this.#current = undefined
    this.#waiting.length = 0
  }

  [Symbol.iterator](): Iterator<T, undefined> {
    return { next: () => this.next(), return: () => this.#return() }
  }

  #return(): IteratorResult<T, undefined> {
    this.close()
    return { done: true, value: undefined }
  }
}
