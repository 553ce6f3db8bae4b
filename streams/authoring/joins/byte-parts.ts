import { StreamsError } from '../../errors.ts'

const LENGTH_BYTES = 4
const ABSENT = 0xffff_ffff

/** Parts one behind the other, each with its length before it. */
export function encodeParts(parts: readonly (Uint8Array | null)[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + LENGTH_BYTES + (part?.length ?? 0), 0)
  const bytes = Buffer.allocUnsafe(length)
  let at = 0
  for (const part of parts) {
    bytes.writeUInt32BE(part?.length ?? ABSENT, at)
    at += LENGTH_BYTES
    if (part === null) continue
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** @throws {StreamsError} SERDE_DECODE_FAILED */
export function decodeParts(topic: string, bytes: Uint8Array): (Uint8Array | null)[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const parts: (Uint8Array | null)[] = []
  let at = 0
  while (at + LENGTH_BYTES <= view.length) {
    const length = view.readUInt32BE(at)
    at += LENGTH_BYTES
    parts.push(length === ABSENT ? null : view.subarray(at, at + length))
    at += length === ABSENT ? 0 : length
  }
  if (at !== view.length) {
    throw new StreamsError(
      'SERDE_DECODE_FAILED',
      `${view.length} bytes where ${at} were expected`,
      { topic },
      "Reset the application: the join's store was written by something else.",
    )
  }
  return parts
}
