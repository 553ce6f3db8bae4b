import { Consumed, jsonSerde, Produced, StreamsBuilder, stringSerde } from '#streams'
import { type Example, input, output } from './example.ts'

interface Instrument {
  readonly name: string
  readonly currency: string
}
interface Fill {
  readonly quantity: number
  readonly price: string
}
interface NamedFill extends Fill {
  readonly instrument: string
  readonly currency: string
}

const instruments = jsonSerde<Instrument>()
const fills = jsonSerde<Fill>()
const namedFills = jsonSerde<NamedFill>()

const t = new StreamsBuilder()

const instrumentTable = t.table(
  'instruments',
  Consumed.with(stringSerde, instruments, { as: 'instruments' }),
)

t.stream('fills', Consumed.with(stringSerde, fills, { as: 'fills' }))
  .leftJoin(
    instrumentTable,
    (fill, instrument): NamedFill => ({
      ...fill,
      instrument: instrument?.name ?? 'unknown',
      currency: instrument?.currency ?? '?',
    }),
    { as: 'named' },
  )
  .to('named-fills', Produced.with(stringSerde, namedFills, { as: 'named-fills' }))

export const enrichmentJoin: Example = {
  name: 'enrichment-join',
  shows: 'Each fill gets what the table of instruments says at its time.',
  topology: t.build('enrichment-join'),
  inputs: [
    input('instruments', stringSerde, instruments, [
      ['SAP', { name: 'SAP SE', currency: 'EUR' }, '08:00:00'],
      ['VOD', { name: 'Vodafone Group', currency: 'GBX' }, '08:00:00'],
      ['VOD', { name: 'Vodafone Group plc', currency: 'GBX' }, '10:00:00'],
    ]),
    input('fills', stringSerde, fills, [
      ['SAP', { quantity: 100, price: '241.15' }, '09:00:00'],
      ['VOD', { quantity: 5_000, price: '71.20' }, '09:30:00'],
      ['VOD', { quantity: 2_500, price: '71.18' }, '10:30:00'],
      ['XYZ', { quantity: 1, price: '1.00' }, '10:31:00'],
    ]),
  ],
  output: output('named-fills', stringSerde, namedFills, (key, fill) =>
    fill === undefined
      ? `${key} deleted`
      : `${key}: ${fill.quantity} ${fill.instrument} at ${fill.price} ${fill.currency}`,
  ),
}
