/** Opcodes of RFC 6455 that a server sends. */
export type Opcode = 'text' | 'close' | 'ping' | 'other'

export interface FrameTaker {
  /** Payload bytes that are handed on; the rest is counted and passed over. */
  readonly keepBytesMax: number
  /** `kept` is valid only during the call. */
  frame(opcode: Opcode, lengthBytes: number, kept: Buffer): void
}

const OPCODES: Readonly<Record<number, Opcode>> = { 1: 'text', 8: 'close', 9: 'ping' }
const HEAD_BYTES_MAX = 10

/**
 * Frames of one WebSocket out of the bytes of its socket, in whatever pieces they come: copies only what is kept, and only when a frame lies
 * across two pieces. Frames of a server are not masked, and this one's are not fragmented.
 */
export class FrameScanner {
  readonly #taker: FrameTaker
  readonly #head = Buffer.alloc(HEAD_BYTES_MAX)
  #headBytes = 0
  #kept: Buffer[] = []
  #keptBytes = 0
  #lengthBytes = 0
  /** Of the payload; -1 while the head is read. */
  #leftBytes = -1

  constructor(taker: FrameTaker) {
    this.#taker = taker
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length || this.#leftBytes === 0) {
      if (this.#leftBytes < 0) {
        this.#head[this.#headBytes++] = chunk[at++] as number
        this.#readHead()
        continue
      }
      const take = Math.min(this.#leftBytes, chunk.length - at)
      const room = this.#taker.keepBytesMax - this.#keptBytes
      if (room > 0 && take > 0) {
        const piece = chunk.subarray(at, at + Math.min(room, take))
        this.#keptBytes += piece.length
        // The chunk's memory is used again for the next read.
        const isWhole = take === this.#leftBytes && this.#kept.length === 0
        this.#kept.push(isWhole ? piece : Buffer.from(piece))
      }
      at += take
      this.#leftBytes -= take
      if (this.#leftBytes === 0) this.#end()
    }
  }

  #readHead(): void {
    const head = this.#head
    if (this.#headBytes < 2) return
    const short = (head[1] as number) & 0x7f
    const bytes = short === 127 ? 10 : short === 126 ? 4 : 2
    if (this.#headBytes < bytes) return
    this.#lengthBytes =
      short === 127 ? Number(head.readBigUInt64BE(2)) : short === 126 ? head.readUInt16BE(2) : short
    this.#leftBytes = this.#lengthBytes
  }

  #end(): void {
    const opcode = OPCODES[(this.#head[0] as number) & 0x0f] ?? 'other'
    const [first = EMPTY] = this.#kept
    const kept = this.#kept.length > 1 ? Buffer.concat(this.#kept) : first
    this.#headBytes = 0
    this.#kept = []
    this.#keptBytes = 0
    this.#leftBytes = -1
    this.#taker.frame(opcode, this.#lengthBytes, kept)
  }
}

const EMPTY = Buffer.alloc(0)
