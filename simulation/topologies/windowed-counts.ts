import {
  Consumed,
  jsonSerde,
  type KeyValueStore,
  keyValueStore,
  Materialized,
  type Processor,
  type ProcessorContext,
  Produced,
  StreamsBuilder,
  stringSerde,
  TimeWindows,
} from '#streams'
import { inputBatches } from './inputs.ts'
import { jsonRecord, type MakeScenario, newTopic } from './scenario.ts'

interface Tick {
  readonly id: number
}

interface Count {
  readonly count: number
}

const NAME = 'windowed-counts'

/**
 * Events are counted by window, late ones dropped, and a timer of stream time tells how many there were. A task has one input, so that
 * everything that comes out of it, timers and late records included, is the same in every run, and in the same order.
 */
export const windowedCounts: MakeScenario = ({ partitions, records, inputMs, random }) => {
  let timeMs = 10_000
  const ticks = Array.from({ length: records }, (_, id) => {
    timeMs += random.below(60)
    const lateMs = random.chance(0.15) ? random.below(400) : 0
    return {
      topic: 'ticks',
      record: jsonRecord(`k${random.below(6)}`, { id }, timeMs - lateMs),
    }
  })
  const inputs = inputBatches(ticks, {
    partitions,
    inputMs,
    random,
    decoy: () => ({ topic: 'ticks', record: jsonRecord('k1', { id: -1 }, timeMs + 1_000_000) }),
  })
  return {
    name: NAME,
    topology: build(),
    topics: [newTopic('ticks', partitions), newTopic('counts', partitions)],
    inputs,
    outputs: ['counts'],
    isSequenceFixed: true,
    recordCacheBytesMax: 0,
    check: () => [],
  }
}

class CountByTimer implements Processor<string, Tick, string, Count> {
  #total: KeyValueStore<string, Count> | undefined

  init(context: ProcessorContext<string, Count>): void {
    const total = context.getStateStore<KeyValueStore<string, Count>>('total')
    this.#total = total
    const key = `timer-${context.partition}`
    context.schedule(150, 'stream-time', (timestampMs) => {
      context.forward({ key, value: total.get('all') ?? { count: 0 }, timestampMs, headers: [] })
    })
  }

  process(): void {
    const count = (this.#total?.get('all')?.count ?? 0) + 1
    this.#total?.put('all', { count })
  }
}

function build() {
  const builder = new StreamsBuilder()
  const count = jsonSerde<Count>()
  const ticks = builder.stream(
    'ticks',
    Consumed.with(stringSerde, jsonSerde<Tick>(), { as: 'ticks' }),
  )
  ticks
    .groupByKey()
    .windowedBy(TimeWindows.ofSizeAndGrace(200, 100))
    .count({ as: 'count', materialized: Materialized.as('window-counts') })
    .toStream({ as: 'windows' })
    .map(
      ({ key, startMs }, value = 0): readonly [string, Count] => [
        `${key}@${startMs}`,
        { count: value },
      ],
      { as: 'named', keySerde: stringSerde, valueSerde: count },
    )
    .to('counts', Produced.with(stringSerde, count, { as: 'counts-out' }))
  ticks
    .process(() => new CountByTimer(), {
      as: 'timer',
      keySerde: stringSerde,
      valueSerde: count,
      stores: [keyValueStore({ name: 'total', keySerde: stringSerde, valueSerde: count })],
    })
    .to('counts', Produced.with(stringSerde, count, { as: 'timers-out' }))
  return builder.build(NAME)
}
