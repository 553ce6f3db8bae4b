import type { Header } from '../log/log.ts'

/** A record as a topic holds it, wherever it lies. */
export interface RecordBytes {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestampMs: number
  readonly headers?: readonly Header[]
}

const SHOWN_MAX = 160

/** Key, value, timestamp and headers in their order, byte for byte. */
export function sameRecord(left: RecordBytes, right: RecordBytes): boolean {
  if (left.timestampMs !== right.timestampMs) return false
  if (!sameBytes(left.key, right.key) || !sameBytes(left.value, right.value)) return false
  const { headers: some = [] } = left
  const { headers: others = [] } = right
  if (some.length !== others.length) return false
  return some.every(([name, value], index) => {
    const other = others[index]
    return other !== undefined && other[0] === name && sameBytes(value, other[1])
  })
}

function sameBytes(left: Uint8Array | null, right: Uint8Array | null): boolean {
  if (left === null || right === null) return left === right
  return Buffer.compare(left, right) === 0
}

/** For a report: bounded, text where the bytes are text, else hexadecimal. */
export function recordText({ key, value, timestampMs, headers = [] }: RecordBytes): string {
  const named = headers.length === 0 ? '' : ` headers ${headers.map(([name]) => name).join(', ')}`
  return `${bytesText(key)} = ${bytesText(value)} @ ${timestampMs}${named}`
}

export function bytesText(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null'
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: bytes with control characters are shown in hexadecimal
  if (!/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text)) return shortened(JSON.stringify(text))
  return shortened(`0x${buffer.subarray(0, SHOWN_MAX).toString('hex')}`)
}

function shortened(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}... (${text.length})`
}
