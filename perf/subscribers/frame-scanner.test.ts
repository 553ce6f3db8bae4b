import { expect, test } from 'vitest'
import { FrameScanner } from './frame-scanner.ts'

function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const head =
    length < 126
      ? Buffer.from([0x80 | opcode, length])
      : length < 65_536
        ? Buffer.from([0x80 | opcode, 126, length >> 8, length & 0xff])
        : Buffer.concat([Buffer.from([0x80 | opcode, 127]), bigEndian(length)])
  return Buffer.concat([head, payload])
}

function bigEndian(length: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(length))
  return bytes
}

const texts = ['', 'a', 'x'.repeat(125), 'y'.repeat(126), 'z'.repeat(70_000), 'end']
const stream = Buffer.concat([
  ...texts.map((text) => frame(1, Buffer.from(text))),
  frame(9, Buffer.from('ping')),
  frame(8, Buffer.from([0x03, 0xe9])),
])

for (const pieceBytes of [1, 2, 3, 7, 1_000, 65_536, stream.length]) {
  test(`frames come out whole when bytes come ${pieceBytes} at a time`, () => {
    const got: [string, number, string][] = []
    const scanner = new FrameScanner({
      keepBytesMax: Number.MAX_SAFE_INTEGER,
      frame: (opcode, length, kept) => got.push([opcode, length, kept.toString('latin1')]),
    })
    const piece = Buffer.alloc(pieceBytes)
    for (let at = 0; at < stream.length; at += pieceBytes) {
      // One buffer for all pieces, as the sockets have it.
      const bytes = stream.copy(piece, 0, at, at + pieceBytes)
      scanner.push(piece.subarray(0, bytes))
    }
    expect(got).toEqual([
      ...texts.map((text) => ['text', text.length, text]),
      ['ping', 4, 'ping'],
      ['close', 2, '\x03\xe9'],
    ])
  })
}

test('only the beginning is kept where only that is wanted', () => {
  const got: [number, string][] = []
  const scanner = new FrameScanner({
    keepBytesMax: 3,
    frame: (_, length, kept) => got.push([length, kept.toString()]),
  })
  scanner.push(frame(1, Buffer.from('abcdef')).subarray(0, 4))
  scanner.push(frame(1, Buffer.from('abcdef')).subarray(4))
  scanner.push(frame(1, Buffer.from('uvwxyz')))
  expect(got).toEqual([
    [6, 'abc'],
    [6, 'uvw'],
  ])
})
