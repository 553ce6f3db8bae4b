import { expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import {
  Consumed,
  customStore,
  customStoreOf,
  describe,
  type Processor,
  type ProcessorContext,
  Produced,
  type StoreEntries,
  type StreamRecord,
  StreamsBuilder,
  stringSerde,
} from '#streams'
import { TopologyTestDriver } from '#streams/testing'

const texts = Consumed.with(stringSerde, stringSerde)
const written = Produced.with(stringSerde, stringSerde)

/** Which words each key had, as a set: an interface of its own. */
class WordSets {
  readonly #entries: StoreEntries

  constructor(entries: StoreEntries) {
    this.#entries = entries
  }

  add(key: string, word: string): void {
    this.#entries.put(Buffer.from(`${key}/${word}`), Buffer.of(1))
  }

  of(key: string): string[] {
    const found = [...this.#entries.prefixScan(Buffer.from(`${key}/`))]
    return found.map(([entry]) =>
      Buffer.from(entry)
        .toString()
        .slice(key.length + 1),
    )
  }
}

const wordSets = customStore({ name: 'word-sets', open: (entries) => new WordSets(entries) })

class Collect implements Processor<string, string, string, string> {
  #context: ProcessorContext<string, string> | undefined
  #sets: WordSets | undefined

  init(context: ProcessorContext<string, string>): void {
    this.#context = context
    this.#sets = customStoreOf(context, wordSets)
  }

  process(record: StreamRecord<string, string>): void {
    this.#sets?.add(record.key, record.value)
    this.#context?.forward({ ...record, value: this.#sets?.of(record.key).join(' ') ?? '' })
  }
}

test.each([{ crash: true }, { wipe: true }])(
  'a store of an interface of its own is kept like any other: %o',
  async (restart) => {
    const t = new StreamsBuilder()
    t.stream('words', texts)
      .process(() => new Collect(), { stores: [wordSets] })
      .to('sets', written)
    const driver = await TopologyTestDriver.open({
      topology: t.build('custom'),
      stores: createStoreBackend(memoryEngine()),
    })
    const input = driver.createInputTopic('words', stringSerde, stringSerde)
    const output = driver.createOutputTopic('sets', stringSerde, stringSerde)
    input.pipe('a', 'one')
    input.pipe('b', 'other')
    await driver.restart(restart)
    input.pipe('a', 'two')
    input.pipe('a', 'one')
    expect(output.readRecords().map(({ value }) => value)).toEqual([
      'one',
      'other',
      'one two',
      'one two',
    ])
    await driver.close()
  },
)

test('a topic that is read twice in the same way has one source', () => {
  const t = new StreamsBuilder()
  t.stream('words', texts).to('one', written)
  t.stream('words', texts)
    .filter(() => true)
    .to('two', written)
  const description = describe(t.build('twice'))
  expect(description.match(/Source:/g)).toHaveLength(1)
  expect(description).toContain('--> KSTREAM-FILTER-0000000003, KSTREAM-SINK-0000000001')
})
