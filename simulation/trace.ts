const LINES_MAX = 200_000

/** What happened, step by step; its hash tells whether two runs were the same. */
export class Trace {
  readonly #lines: string[] = []
  readonly #nowMs: () => number
  #count = 0
  #high = 0x811c9dc5
  #low = 0x2c1b3c6d

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  add(line: string): void {
    const text = `${this.#nowMs().toFixed(3)} ${line}`
    this.#count++
    if (this.#lines.length < LINES_MAX) this.#lines.push(text)
    let high = this.#high
    let low = this.#low
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      high = Math.imul(high ^ code, 0x01000193)
      low = Math.imul(low ^ code, 0x85ebca6b)
    }
    this.#high = high
    this.#low = low
  }

  get count(): number {
    return this.#count
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  last(count: number): readonly string[] {
    return this.#lines.slice(-count)
  }

  hash(): string {
    const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0')
    return `${hex(this.#high)}${hex(this.#low)}`
  }
}
