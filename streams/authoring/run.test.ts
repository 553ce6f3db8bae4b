import { expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import {
  Consumed,
  keyValueStore,
  longSerde,
  Produced,
  StreamsBuilder,
  StreamsError,
  step,
  stringSerde,
} from '#streams'
import { TopologyTestDriver } from '#streams/testing'

const text = Consumed.with(stringSerde, stringSerde)
const numbers = Produced.with(stringSerde, longSerde)

async function run(
  t: StreamsBuilder,
  input: readonly (readonly [key: string, value: string | undefined])[],
) {
  const driver = await TopologyTestDriver.open({
    topology: t.build('run'),
    stores: createStoreBackend(memoryEngine()),
  })
  const topic = driver.createInputTopic('in', stringSerde, stringSerde)
  for (const [key, value] of input) topic.pipe(key, value)
  return {
    driver,
    texts: driver.createOutputTopic('out', stringSerde, stringSerde).readKeyValues(),
    counts: driver.createOutputTopic('counts', stringSerde, longSerde).readKeyValues(),
  }
}

test('the word count of the README counts words', async () => {
  const counts = keyValueStore({ name: 'counts', keySerde: stringSerde, valueSerde: longSerde })
  const t = new StreamsBuilder()
  t.stream('in', text)
    .flatMap((_key, line) => line.split(' ').map((word) => [word, word] as const))
    .repartition({ as: 'words', keySerde: stringSerde, valueSerde: stringSerde })
    .processValues(
      step(counts, (count = 0) => ({ state: count + 1, emit: [count + 1] })),
      { stores: [counts] },
    )
    .to('counts', numbers)
  const { counts: counted } = await run(t, [
    ['1', 'to be or'],
    ['2', 'not to be'],
  ])
  expect(counted).toEqual([
    ['to', 1],
    ['be', 1],
    ['or', 1],
    ['not', 1],
    ['to', 2],
    ['be', 2],
  ])
})

test('the stateless operators do what their names say', async () => {
  const t = new StreamsBuilder()
  const seen: string[] = []
  const lines = t.stream('in', text)
  lines
    .filter((_key, value) => value !== 'no')
    .filterNot((_key, value) => value === 'never')
    .peek((key, value) => seen.push(`${key}=${value}`))
    .map((key, value) => [`${key}!`, value] as const)
    .mapValues((value, key) => `${value}@${key}`)
    .flatMapValues((value) => [value, value.toUpperCase()])
    .to('out', Produced.with(stringSerde, stringSerde))
  const ended: string[] = []
  lines.forEach((key) => void ended.push(key))
  const { texts } = await run(t, [
    ['a', 'yes'],
    ['b', 'no'],
    ['c', 'never'],
  ])
  expect(texts).toEqual([
    ['a!', 'yes@a!'],
    ['a!', 'YES@A!'],
  ])
  expect(seen).toEqual(['a=yes'])
  expect(ended).toEqual(['a', 'b', 'c'])
})

test('a split sends each record to its first branch, and the rest to the default', async () => {
  const t = new StreamsBuilder()
  const { long, rest } = t
    .stream('in', text)
    .split()
    .branch('long', (_key, value) => value.length > 3)
    .branch('lost', (_key, value) => value.length > 5)
    .defaultBranch('rest')
  long
    .mapValues((value) => `long ${value}`)
    .merge(rest.mapValues((value) => `rest ${value}`))
    .to('out', Produced.with(stringSerde, stringSerde))
  const { texts } = await run(t, [
    ['1', 'abcdefg'],
    ['2', 'ab'],
  ])
  expect(texts).toEqual([
    ['1', 'long abcdefg'],
    ['2', 'rest ab'],
  ])
})

test('a table keeps the latest value, deletes by tombstone, and streams its changes', async () => {
  const t = new StreamsBuilder()
  t.table('in', { ...text, as: 'latest' })
    .filter((_key, value) => value !== 'hidden')
    .mapValues((value) => value.toUpperCase())
    .toStream()
    .to('out', Produced.with(stringSerde, stringSerde))
  const { driver, texts } = await run(t, [
    ['a', 'x'],
    ['a', 'hidden'],
    ['b', 'y'],
    ['b', undefined],
  ])
  expect(texts).toEqual([
    ['a', 'X'],
    ['a', undefined],
    ['b', 'Y'],
    ['b', undefined],
  ])
  const store = driver.store<{ get(key: string): unknown }>('latest')
  expect([store.get('a'), store.get('b')]).toEqual([{ value: 'hidden', timestampMs: 0 }, undefined])
})

test('a step deletes its state by returning none, and dead-letters what it refuses', async () => {
  const t = new StreamsBuilder()
  const sums = keyValueStore({ name: 'sums', keySerde: stringSerde, valueSerde: longSerde })
  t.stream('in', text)
    .processValues(
      step(sums, (sum = 0, { value }) => {
        if (value === 'forget') return { state: undefined, emit: [] }
        const amount = Number(value)
        if (Number.isNaN(amount)) {
          return {
            state: sum,
            emit: [],
            deadLetter: { code: 'NOT_A_NUMBER', what: value, remedy: 'Send numbers.' },
          }
        }
        return { state: sum + amount, emit: [sum + amount] }
      }),
      { stores: [sums] },
    )
    .to('counts', numbers)
  const { driver, counts } = await run(t, [
    ['a', '1'],
    ['a', '2'],
    ['a', 'two'],
    ['a', 'forget'],
    ['a', '5'],
  ])
  expect(counts).toEqual([
    ['a', 1],
    ['a', 3],
    ['a', 5],
  ])
  expect(driver.deadLetters.map(({ code }) => code)).toEqual(['NOT_A_NUMBER'])
})

test('processValues refuses another key', async () => {
  const t = new StreamsBuilder()
  t.stream('in', text).processValues<string>(() => {
    let forward: ((key: string) => void) | undefined
    return {
      init(context) {
        forward = (key) => context.forward({ key, value: '', timestampMs: 0, headers: [] })
      },
      process: ({ key }) => forward?.(`not ${key}`),
    }
  })
  const failure = await run(t, [['a', 'x']]).catch((error: unknown) => error)
  const codes: string[] = []
  for (let at: unknown = failure; at instanceof Error; at = at.cause) {
    if (at instanceof StreamsError) codes.push(at.code)
  }
  expect(codes).toContain('TOPOLOGY_KEY_CHANGED')
})
