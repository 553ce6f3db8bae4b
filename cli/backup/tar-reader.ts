import { StreamsError } from '#streams'
import { BLOCK_BYTES, checksum, type TarEntry, type TarEntryKind } from './tar-writer.ts'

const KINDS: Readonly<Record<string, TarEntryKind>> = {
  '0': 'file',
  '\u0000': 'file',
  '2': 'symlink',
  '5': 'directory',
}
const PAX_BYTES_MAX = 65_536

export interface ReadTarEntry extends TarEntry {
  /** Of a file; what is not read of it is skipped. */
  readonly content: AsyncIterable<Buffer>
}

/** Entries of an archive one after the other. @throws {StreamsError} BACKUP_INVALID at its first fault, the missing end included */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncIterable<ReadTarEntry> {
  const source = new ByteSource(chunks)
  let pax: Readonly<Record<string, string>> = {}
  for (;;) {
    const header = await source.take(BLOCK_BYTES)
    if (header.every((byte) => byte === 0)) return
    if (Number.parseInt(text(header, 148, 8), 8) !== checksum(header))
      throw invalid('a header of it is damaged')
    const type = String.fromCharCode(header[156] as number)
    const size = pax['size'] === undefined ? number(header, 124, 12) : Number(pax['size'])
    if (!Number.isSafeInteger(size) || size < 0) throw invalid('a size in it is no number')
    if (type === 'x') {
      if (size > PAX_BYTES_MAX) throw invalid('a header of it is too long')
      pax = parsePax(await source.take(size))
      await source.skip(padded(size) - size)
      continue
    }
    const kind = KINDS[type]
    if (kind === undefined) throw invalid(`it holds an entry of the kind ${JSON.stringify(type)}`)
    const path = pax['path'] ?? text(header, 0, 100)
    const target = pax['linkpath'] ?? text(header, 157, 100)
    const mode = number(header, 100, 8)
    pax = {}
    let left = size
    const content = (async function* () {
      while (left > 0) {
        const chunk = await source.some(left)
        left -= chunk.length
        yield chunk
      }
    })()
    yield { path, kind, mode, size, target, content }
    await source.skip(left + padded(size) - size)
  }
}

/** Bytes of chunks by count. */
class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** At least one byte, at most so many. */
  async some(bytesMax: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next()
      if (next.done === true) throw invalid('it ends too early')
      this.#rest = next.value
    }
    const taken = this.#rest.subarray(0, bytesMax)
    this.#rest = this.#rest.subarray(taken.length)
    return taken
  }

  async take(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = []
    for (let left = bytes; left > 0; ) {
      const part = await this.some(left)
      parts.push(part)
      left -= part.length
    }
    return Buffer.concat(parts)
  }

  async skip(bytes: number): Promise<void> {
    for (let left = bytes; left > 0; ) left -= (await this.some(left)).length
  }
}

function parsePax(bytes: Buffer): Record<string, string> {
  const values: Record<string, string> = {}
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const length = Number(bytes.toString('utf8', at, space))
    if (space < 0 || !(length > 0) || at + length > bytes.length)
      throw invalid('a header of it is damaged')
    const [, name = '', value = ''] =
      /^([^=]*)=([\s\S]*)\n$/.exec(bytes.toString('utf8', space + 1, at + length)) ?? []
    values[name] = value
    at += length
  }
  return values
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES
}

function text(header: Buffer, at: number, length: number): string {
  const field = header.toString('utf8', at, at + length)
  const end = field.indexOf('\u0000')
  return end < 0 ? field : field.slice(0, end)
}

function number(header: Buffer, at: number, length: number): number {
  return Number.parseInt(text(header, at, length).trim() || '0', 8)
}

export function invalid(what: string, cause?: unknown): StreamsError {
  return new StreamsError(
    'BACKUP_INVALID',
    `the file is not a whole backup: ${what}`,
    {},
    'Take another one; nothing was changed',
    cause,
  )
}
