import type { MarketView } from '../views/market-view.ts'

/** Room before a body for the head of any frame: its longest has 16 digits of `seq`. */
const HEAD_BYTES_MAX = 80

/**
 * The items of a frame, shared by every connection that gets the same ones. The head, which differs by connection, is written into the
 * room before the items just before each send: no bytes are joined or copied per connection.
 */
export class FrameBody {
  readonly #bytes: Buffer

  private constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Items of these slots that changed after tick `since` (below 0: all that have a price), except those in `without`. */
  static of(
    view: MarketView,
    slots: Iterable<number>,
    since: number,
    without?: ReadonlySet<number>,
  ): FrameBody | undefined {
    const fragments: Buffer[] = []
    let bytes = HEAD_BYTES_MAX + 3
    for (const number of slots) {
      const slot = view.slot(number)
      if (slot.changedAtTick <= since || without?.has(number)) continue
      const fragment = view.fragment(slot)
      if (fragment === undefined) continue
      fragments.push(fragment)
      bytes += fragment.length + 1
    }
    if (fragments.length === 0 && since >= 0) return undefined
    return new FrameBody(join(fragments, bytes))
  }

  /** Valid until the next call. */
  frame(type: 'snapshot' | 'update', seq: number): Uint8Array {
    const head = `{"channel":"market","type":"${type}","seq":${seq},"data":`
    const start = HEAD_BYTES_MAX - head.length
    this.#bytes.write(head, start, 'latin1')
    return this.#bytes.subarray(start)
  }
}

function join(fragments: readonly Buffer[], bytesMax: number): Buffer {
  const bytes = Buffer.allocUnsafe(bytesMax)
  let at = HEAD_BYTES_MAX
  bytes[at++] = OPEN_BRACKET
  for (const [i, fragment] of fragments.entries()) {
    if (i > 0) bytes[at++] = COMMA
    bytes.set(fragment, at)
    at += fragment.length
  }
  bytes[at++] = CLOSE_BRACKET
  bytes[at++] = CLOSE_BRACE
  return bytes.subarray(0, at)
}

const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const CLOSE_BRACE = 0x7d
const COMMA = 0x2c
