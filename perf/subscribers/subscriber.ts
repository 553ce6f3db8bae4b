import { connect, type Socket } from 'node:net'
import type { ServerMessage } from '#gateway/protocol'
import { FrameScanner, type Opcode } from './frame-scanner.ts'

export interface SubscriberOptions {
  readonly port: number
  readonly token: string
  readonly instrumentIds: readonly string[]
  /** Every message is parsed; else only `seq` is looked at. */
  readonly sample: boolean
  /** Only for samples. */
  readonly onMessage: (subscriber: Subscriber, message: ServerMessage) => void
}

/** Enough of a frame to hold `{"channel":"market","type":"snapshot","seq":N`. */
const SEQ_BYTES = 72
const CONNECT_MS_MAX = 60_000
/** One for all sockets: libuv hands a read on before it begins the next. */
const READ_BUFFER = Buffer.allocUnsafe(256 * 1024)

/** A WebSocket client that costs little: frames are counted, their `seq` is checked, and only samples are parsed. */
export class Subscriber {
  readonly instrumentIds: readonly string[]
  readonly faults: string[] = []
  frames = 0
  bytes = 0
  closed = false
  readonly #socket: Socket
  readonly #options: SubscriberOptions
  #seq = 0
  #subscribed = false

  private constructor(socket: Socket, options: SubscriberOptions) {
    this.#socket = socket
    this.#options = options
    this.instrumentIds = options.instrumentIds
  }

  /** Resolves when the subscription is answered. */
  static open(options: SubscriberOptions): Promise<Subscriber> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer to an upgrade')), CONNECT_MS_MAX)
      let upgraded = false
      let head = ''
      const socket = connect({
        port: options.port,
        host: '127.0.0.1',
        noDelay: true,
        onread: {
          buffer: READ_BUFFER,
          callback: (bytes) => {
            let chunk = READ_BUFFER.subarray(0, bytes)
            if (!upgraded) {
              head += chunk.toString('latin1')
              const end = head.indexOf('\r\n\r\n')
              if (end < 0) return true
              if (!head.startsWith('HTTP/1.1 101')) {
                clearTimeout(timer)
                reject(new Error(`refused: ${head.split('\r\n', 1)[0]}`))
                socket.destroy()
                return false
              }
              upgraded = true
              chunk = Buffer.from(head.slice(end + 4), 'latin1')
              subscriber.#subscribe()
            }
            scanner.push(chunk)
            if (subscriber.#subscribed) {
              clearTimeout(timer)
              resolve(subscriber)
            }
            return true
          },
        },
      })
      const subscriber = new Subscriber(socket, options)
      const scanner = new FrameScanner({
        keepBytesMax: options.sample ? Number.MAX_SAFE_INTEGER : SEQ_BYTES,
        frame: (opcode, length, kept) => subscriber.#take(opcode, length, kept),
      })
      socket.on('error', (error) => {
        clearTimeout(timer)
        reject(error)
      })
      socket.on('close', () => {
        subscriber.closed = true
      })
      socket.on('connect', () => socket.write(upgradeRequest(options.token)))
    })
  }

  end(): void {
    this.#socket.destroy()
  }

  #subscribe(): void {
    const { instrumentIds } = this.#options
    this.#socket.write(
      masked(
        1,
        Buffer.from(JSON.stringify({ op: 'subscribe', channel: 'market', instrumentIds, id: 1 })),
      ),
    )
  }

  #take(opcode: Opcode, lengthBytes: number, kept: Buffer): void {
    if (opcode === 'ping') this.#socket.write(masked(10, kept))
    if (opcode === 'close') this.#fault('was closed by the server')
    if (opcode !== 'text') return
    this.bytes += lengthBytes
    if (this.#options.sample) {
      const message = JSON.parse(kept.toString('utf8')) as ServerMessage
      if ('channel' in message) this.#follows(message.seq)
      else this.#answered('op' in message && message.op === 'subscribed' && message.ok)
      this.#options.onMessage(this, message)
      return
    }
    const start = kept.toString('latin1', 0, SEQ_BYTES)
    const seq = /^\{"channel":"market","type":"(?:update|snapshot)","seq":(\d+),/.exec(start)?.[1]
    if (seq === undefined) this.#answered(start.startsWith('{"op":"subscribed","id":1,"ok":true'))
    else this.#follows(Number(seq))
  }

  #answered(isGood: boolean): void {
    if (isGood) this.#subscribed = true
    else this.#fault('got a message that is neither a subscription nor market data')
  }

  #follows(seq: number): void {
    this.frames += 1
    if (seq !== this.#seq + 1) this.#fault(`got seq ${seq} after ${this.#seq}`)
    this.#seq = seq
  }

  #fault(what: string): void {
    if (this.faults.length < 5) this.faults.push(what)
  }
}

/** Reads about `bytesPerSecond` and no more: what the gateway sends piles up. Asks for all there is. */
export class SlowSubscriber {
  closed = false
  readonly #socket: Socket
  readonly #reading: NodeJS.Timeout

  constructor(
    options: Pick<SubscriberOptions, 'port' | 'token' | 'instrumentIds'>,
    bytesPerSecond: number,
  ) {
    this.#socket = connect({ port: options.port, host: '127.0.0.1' })
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', () => {
      this.closed = true
    })
    this.#socket.write(upgradeRequest(options.token))
    const subscribe = {
      op: 'subscribe',
      channel: 'market',
      instrumentIds: options.instrumentIds,
      id: 1,
    }
    let upgraded = false
    this.#reading = setInterval(() => {
      const chunk = this.#socket.read(bytesPerSecond) ?? this.#socket.read()
      if (chunk === null || upgraded) return
      upgraded = true
      this.#socket.write(masked(1, Buffer.from(JSON.stringify(subscribe))))
    }, 1_000)
  }

  end(): void {
    clearInterval(this.#reading)
    this.#socket.destroy()
  }
}

function upgradeRequest(token: string): string {
  return [
    'GET /stream HTTP/1.1',
    'Host: localhost',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Protocol: bearer, ${token}`,
    '\r\n',
  ].join('\r\n')
}

/** A frame of a client, with the mask of zeros: allowed, and free. */
function masked(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const head =
    length < 126
      ? Buffer.from([0x80 | opcode, 0x80 | length, 0, 0, 0, 0])
      : length < 65_536
        ? Buffer.from([0x80 | opcode, 0xfe, length >> 8, length & 0xff, 0, 0, 0, 0])
        : undefined
  if (head === undefined) throw new RangeError('a message of a client is at most 64 KiB')
  return Buffer.concat([head, payload])
}
