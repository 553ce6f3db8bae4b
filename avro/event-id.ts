import { murmur128Hex } from './murmur128.ts'

const PARTS_BYTES = 8 * 1024
let scratch = Buffer.allocUnsafeSlow(PARTS_BYTES)

/**
 * Id of an event that follows from what made it: the same parts give the same 32 hex digits, so a replay produces the same events.
 *
 * In a processor: scope `<topology>|<node>`, cause the causing event's id, ordinal the number of the event among those it caused there.
 * In a feed: scope `<feed>|<seed or file>`, cause the instrument, ordinal the sequence. 128 bits of MurmurHash3: collisions do not happen
 * by chance, but can be made on purpose, so ids of commands (parts that a client chooses) use `commandEventId`.
 */
export function eventId(scope: string, cause: string, ordinal: number): string {
  const bytesMax = (scope.length + cause.length) * 3 + 32
  if (bytesMax > scratch.length) scratch = Buffer.allocUnsafeSlow(bytesMax * 2)
  let end = writeText(scratch, 0, scope)
  scratch[end++] = 0
  end = writeText(scratch, end, cause)
  scratch[end++] = 0
  end = writeNumber(scratch, end, ordinal)
  return murmur128Hex(scratch, end)
}

function writeText(target: Buffer, start: number, text: string): number {
  let at = start
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x80) return start + target.write(text, start, 'utf8')
    target[at++] = code
  }
  return at
}

/** A non-negative integer as seven bytes, little endian. */
function writeNumber(target: Buffer, start: number, value: number): number {
  let rest = value
  for (let i = 0; i < 7; i++) {
    target[start + i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return start + 7
}
