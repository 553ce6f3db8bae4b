import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { generate } from './generate.ts'

const ROOM = dirname(dirname(fileURLToPath(import.meta.url)))
const QUOTE = 'schemas/records/orion.marketdata.FeedQuote.avsc'
let room = ''

beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'orion-avro-'))
  for (const part of ['schemas', 'released', 'generated', 'index.ts']) {
    cpSync(join(ROOM, part), join(room, part), { recursive: true })
  }
})
afterEach(() => rmSync(room, { recursive: true, force: true }))

function edit(file: string, change: (schema: { fields: object[] }) => void): void {
  const schema = JSON.parse(readFileSync(join(room, file), 'utf8'))
  change(schema)
  writeFileSync(join(room, file), JSON.stringify(schema))
}

test('what is in the repository is what its schemas generate', () => {
  expect(generate({ room, mode: 'check' })).toEqual({ written: [], faults: [] })
})

test('a schema that was edited without generating is reported', () => {
  edit(QUOTE, (schema) => schema.fields.push({ name: 'venueTime', type: 'long', default: 0 }))
  const { faults } = generate({ room, mode: 'check' })
  expect(faults).toHaveLength(2)
  expect(faults[0]).toMatch(/generated\/types.ts differs/)
  expect(generate({ room, mode: 'write' }).faults).toEqual([])
  expect(generate({ room, mode: 'check' }).faults).toEqual([])
  expect(readFileSync(join(room, 'generated/types.ts'), 'utf8')).toContain(
    'readonly venueTime: number',
  )
})

test('a field that is added without a default is refused, naming stream and released version', () => {
  edit(QUOTE, (schema) => schema.fields.push({ name: 'venueTime', type: 'long' }))
  expect(generate({ room, mode: 'write' })).toEqual({
    written: [],
    faults: [
      expect.stringMatching(/^marketdata\.raw: .* released version 1: .*FeedQuote\.venueTime$/),
    ],
  })
})

test('a record that leaves a stream is refused', () => {
  edit('schemas/marketdata.raw.avsc', (stream) => {
    const { payload } = stream as unknown as { payload: string[] }
    payload.pop()
  })
  expect(generate({ room, mode: 'check' }).faults[0]).toMatch(
    /marketdata\.raw: .* cannot read released version 1/,
  )
})

test('a release keeps a changed stream as its next version, which later schemas must read', () => {
  generate({ room, mode: 'release' })
  edit(QUOTE, (schema) => schema.fields.push({ name: 'venueTime', type: 'long', default: 0 }))
  const { written } = generate({ room, mode: 'release' })
  expect(written).toContain('released/marketdata.raw.v2.avsc')
  expect(written.filter((file) => file.startsWith('released/'))).toHaveLength(1)
  edit(QUOTE, (schema) => {
    Object.assign(schema.fields.at(-1) ?? {}, { type: 'string', default: '' })
  })
  expect(generate({ room, mode: 'check' }).faults[0]).toMatch(/released version 2/)
})

test('a file whose name is not its type’s is refused', () => {
  cpSync(join(room, QUOTE), join(room, 'schemas/records/orion.marketdata.Other.avsc'))
  expect(() => generate({ room, mode: 'check' })).toThrow(/AVRO_SCHEMA_INVALID.*FeedQuote/)
})
