import {
  Consumed,
  JoinWindows,
  jsonSerde,
  type KeyValueStore,
  keyValueStore,
  type Processor,
  type ProcessorContext,
  Produced,
  StreamJoined,
  type StreamRecord,
  StreamsBuilder,
  stringSerde,
} from '#streams'
import type { InputRecord } from './inputs.ts'
import { inputBatches } from './inputs.ts'
import {
  byKey,
  type InputBatch,
  jsonRecord,
  type MakeScenario,
  newTopic,
  type Results,
  textOf,
} from './scenario.ts'

interface Part {
  readonly id: string
}

interface Pair {
  readonly pair: string
  readonly rate?: number
}

const NAME = 'deduplicated-joins'
const RATE = 7
/** Wider than all inputs together: what joins does not depend on which side was first. */
const WINDOW_MS = 3_600_000

/**
 * Two streams are joined, pairs that came before are left out, and what is left is rated by a global table. Producers repeat themselves. Each
 * pair comes out once, rated; when, and in which order, is open.
 */
export const deduplicatedJoins: MakeScenario = ({ partitions, records, inputMs, random }) => {
  const parts: InputRecord[] = []
  const sides = { left: new Map<string, Set<string>>(), right: new Map<string, Set<string>>() }
  for (let id = 0; id < records / 2; id++) {
    const side = random.chance(0.5) ? 'left' : 'right'
    const key = `k${random.below(12)}`
    const part: Part = { id: `${side}${id}` }
    const known = sides[side].get(key) ?? new Set()
    sides[side].set(key, known.add(part.id))
    const repeats = random.chance(0.2) ? 2 : 1
    for (let repeat = 0; repeat < repeats; repeat++) {
      parts.push({ topic: side, record: jsonRecord(key, part, 1_000 + id) })
    }
  }
  const inputs: InputBatch[] = inputBatches(parts, {
    partitions,
    inputMs,
    random,
    decoy: () => ({
      topic: random.chance(0.5) ? 'left' : 'right',
      record: jsonRecord(`k${random.below(12)}`, { id: 'decoy' }, 1_000),
    }),
  })
  const rate = (key: string, value: number, atMs: number): InputBatch => ({
    atMs,
    topic: 'rates',
    partition: 0,
    records: [jsonRecord(key, { value }, 1_000)],
    transaction: random.chance(0.3) ? 'committed' : 'none',
  })
  inputs.push(rate('main', RATE, -1))
  // Rows that nobody looks up keep the readers of the table busy.
  for (let row = 0; row < 8; row++)
    inputs.push(rate(`other${row % 3}`, row, random.next() * inputMs))

  const check = (results: Results): string[] => {
    const faults: string[] = []
    const wanted = new Map<string, Set<string>>()
    for (const [key, lefts] of sides.left) {
      const pairs = [...lefts].flatMap((left) =>
        [...(sides.right.get(key) ?? [])].map((right) => `${left}+${right}`),
      )
      if (pairs.length > 0) wanted.set(key, new Set(pairs))
    }
    const found = byKey(results.output('pairs'))
    for (const key of new Set([...wanted.keys(), ...found.keys()])) {
      const lines = (found.get(key) ?? []).map(({ value }) => JSON.parse(textOf(value)) as Pair)
      const seen = new Set<string>()
      for (const { pair, rate: rated } of lines) {
        if (seen.has(pair)) faults.push(`${key}: ${pair} twice`)
        if (wanted.get(key)?.has(pair) !== true) faults.push(`${key}: ${pair}, which is no pair`)
        if (rated !== RATE) faults.push(`${key}: ${pair} is rated ${rated}`)
        seen.add(pair)
      }
      for (const pair of wanted.get(key) ?? []) {
        if (!seen.has(pair)) faults.push(`${key}: ${pair} is missing`)
      }
    }
    return faults
  }

  return {
    name: NAME,
    topology: build(),
    topics: [
      newTopic('left', partitions),
      newTopic('right', partitions),
      newTopic('rates', 1, 'compact'),
      newTopic('pairs', partitions),
    ],
    inputs,
    outputs: ['pairs'],
    isSequenceFixed: false,
    recordCacheBytesMax: 0,
    check,
  }
}

/** Hands on each pair once. A timer of the wall clock writes beside it, so that clocks that jump have something to spoil. */
class Deduplicate implements Processor<string, Pair, string, Pair> {
  #context: ProcessorContext<string, Pair> | undefined
  #seen: KeyValueStore<string, string> | undefined

  init(context: ProcessorContext<string, Pair>): void {
    const seen = context.getStateStore<KeyValueStore<string, string>>('seen')
    this.#context = context
    this.#seen = seen
    let fired = 0
    context.schedule(300, 'wall-clock', () => seen.put('timer', `${++fired}`))
  }

  process(record: StreamRecord<string, Pair>): void {
    if (this.#seen?.get(record.value.pair) !== undefined) return
    this.#seen?.put(record.value.pair, 'seen')
    this.#context?.forward(record)
  }
}

function build() {
  const builder = new StreamsBuilder()
  const part = jsonSerde<Part>()
  const pair = jsonSerde<Pair>()
  const rates = builder.globalTable(
    'rates',
    Consumed.with(stringSerde, jsonSerde<{ readonly value: number }>(), { as: 'rates' }),
  )
  const right = builder.stream('right', Consumed.with(stringSerde, part, { as: 'right' }))
  builder
    .stream('left', Consumed.with(stringSerde, part, { as: 'left' }))
    .join(
      right,
      (ours, theirs): Pair => ({ pair: `${ours.id}+${theirs.id}` }),
      JoinWindows.ofTimeDifferenceAndGrace(WINDOW_MS, WINDOW_MS),
      StreamJoined.with(stringSerde, part, part, { as: 'pair', storeName: 'pair' }),
    )
    .process(() => new Deduplicate(), {
      as: 'deduplicate',
      keySerde: stringSerde,
      valueSerde: pair,
      stores: [keyValueStore({ name: 'seen', keySerde: stringSerde, valueSerde: stringSerde })],
    })
    .leftJoin(
      rates,
      () => 'main',
      (found, rate): Pair => (rate === undefined ? found : { ...found, rate: rate.value }),
      { as: 'rate' },
    )
    .to('pairs', Produced.with(stringSerde, pair, { as: 'pairs-out' }))
  return builder.build(NAME)
}
