/** Entries of a tar archive as POSIX has them (ustar, with pax headers for what does not fit into it). */
export type TarEntryKind = 'file' | 'directory' | 'symlink'

export interface TarEntry {
  readonly path: string
  readonly kind: TarEntryKind
  readonly mode: number
  /** Of a file. */
  readonly size: number
  /** Of a symbolic link. */
  readonly target: string
}

export const BLOCK_BYTES = 512
const TYPES: Readonly<Record<TarEntryKind, string>> = { file: '0', symlink: '2', directory: '5' }
const NAME_BYTES = 100
const SIZE_MAX = 0o77777777777

export function tarHeader(entry: TarEntry): Buffer {
  const { path, target, size } = entry
  const pax: string[] = []
  if (Buffer.byteLength(path) > NAME_BYTES) pax.push(paxRecord('path', path))
  if (Buffer.byteLength(target) > NAME_BYTES) pax.push(paxRecord('linkpath', target))
  if (size > SIZE_MAX) pax.push(paxRecord('size', String(size)))
  const own = block(entry, TYPES[entry.kind])
  if (pax.length === 0) return own
  const text = Buffer.from(pax.join(''))
  const extended = { ...entry, path: 'pax', target: '', size: text.length }
  return Buffer.concat([block(extended, 'x'), text, padding(text.length), own])
}

/** Up to the next block. */
export function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES)
}

export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK_BYTES)
}

function block({ path, mode, size, target }: TarEntry, type: string): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES)
  header.write(path, 0, NAME_BYTES)
  header.write(octal(mode, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(size > SIZE_MAX ? 0 : size, 12), 124)
  header.write(octal(0, 12), 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write(target, 157, NAME_BYTES)
  header.write('ustar\u000000', 257)
  header.write(`${octal(checksum(header), 7)}\u0000 `, 148)
  return header
}

export function checksum(header: Buffer): number {
  let sum = 0
  for (let at = 0; at < BLOCK_BYTES; at += 1)
    sum += at >= 148 && at < 156 ? 32 : (header[at] as number)
  return sum
}

function octal(value: number, width: number): string {
  return value.toString(8).padStart(width - 1, '0')
}

/** Its length counts itself. */
function paxRecord(name: string, value: string): string {
  const rest = Buffer.byteLength(` ${name}=${value}\n`)
  let length = rest + String(rest).length
  if (String(length).length !== String(rest).length) length = rest + String(length).length
  return `${length} ${name}=${value}\n`
}
