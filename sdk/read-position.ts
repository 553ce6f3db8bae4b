/** Of every topic, by partition: the next offset that an answer did not reflect yet. */
type Offsets = Record<string, Record<string, number>>

/** The furthest that any answer reflected: what later reads must reflect too. */
export class ReadPosition {
  #offsets: Offsets = {}

  /** As it is sent; undefined when nothing is known. */
  get text(): string | undefined {
    return Object.keys(this.#offsets).length === 0 ? undefined : JSON.stringify(this.#offsets)
  }

  /** Takes the position of an answer in; one that cannot be read says nothing. */
  reached(text: string | null): void {
    if (text === null) return
    let position: unknown
    try {
      position = JSON.parse(text)
    } catch {
      return
    }
    for (const [topic, partitions] of Object.entries(position ?? {})) {
      const known = this.#offsets[topic] ?? {}
      for (const [partition, offset] of Object.entries(partitions ?? {}))
        if (typeof offset === 'number') known[partition] = Math.max(known[partition] ?? 0, offset)
      this.#offsets[topic] = known
    }
  }

  forget(): void {
    this.#offsets = {}
  }
}
