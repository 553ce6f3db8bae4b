/**
 * What reading only some fields of a record would save: avsc decodes ticks of random values, all fields, and by a reader schema of what bars read.
 *
 *   node bin/node.js perf/experiments/projection-main.ts > docs/benchmarks/experiments/projection.json
 */
import avsc, { type Schema } from 'avsc'
import { streamSchemas } from '#avro'
import { surroundings } from '../measuring/result-file.ts'

const RECORDS = 400_000
const SAMPLES = 500
const READ_BY_BARS = ['instrumentId', 'eventTimeMs', 'bid', 'ask', 'lastPrice', 'lastSize']

interface RecordField {
  readonly name: string
  readonly type: unknown
}

interface RecordSchema {
  readonly name: string
  readonly type: string
  readonly fields: readonly RecordField[]
}

// Logical types are left out: what is measured is avsc.
const envelope = JSON.parse(
  JSON.stringify(streamSchemas['marketdata.ticks'].schema, (key, value: unknown) =>
    key === 'logicalType' ? undefined : value,
  ),
) as RecordSchema
const branches = envelope.fields.at(-1)?.type as readonly RecordSchema[]
const tick = branches.find(({ name }) => name.endsWith('MarketTickReceived'))
if (tick === undefined) throw new Error('a tick is no longer an event of its stream')

const whole = typeOf(envelope.fields.slice(0, -1), tick)
const projected = typeOf(
  envelope.fields.filter(({ name }) => name === 'eventType'),
  { ...tick, fields: tick.fields.filter(({ name }) => READ_BY_BARS.includes(name)) },
)
const resolver = projected.createResolver(whole)
const samples = Array.from({ length: SAMPLES }, () => whole.toBuffer(whole.random()))
const runs = [1, 2, 3, 4, 5].map(() => ({
  wholeCpuMicros: cpuMicros((bytes) => whole.decode(bytes, 0)),
  projectedCpuMicros: cpuMicros((bytes) => projected.decode(bytes, 0, resolver)),
}))
const { commit, date, node, machine } = surroundings()
process.stdout.write(
  `${JSON.stringify({ commit, date, node, machine, records: RECORDS, runs }, null, 2)}\n`,
)

function typeOf(head: readonly RecordField[], payload: RecordSchema) {
  const fields = [...head, { name: 'payload', type: payload }]
  return avsc.Type.forSchema({ type: 'record', name: 'bench.Tick', fields } as unknown as Schema)
}

/** Of one decoding. */
function cpuMicros(decode: (bytes: Buffer) => unknown): number {
  const before = process.cpuUsage()
  for (let index = 0; index < RECORDS; index += 1) decode(samples[index % SAMPLES] as Buffer)
  const { user, system } = process.cpuUsage(before)
  return Math.round(((user + system) / RECORDS) * 1_000) / 1_000
}
