import { expect, test } from 'vitest'
import { append, type ContractContext, newTopic, record, until } from './context.ts'

export function administration(context: ContractContext): void {
  test('topics are created once, described and deleted', async () => {
    const { admin } = context.log()
    const [one, two] = [context.name('topic'), context.name('topic')]
    expect(await admin.createTopics([newTopic(one, 3, { retentionMs: 3_600_000 })])).toEqual([one])
    const both = [newTopic(one, 3), newTopic(two, 1, { cleanup: 'compact' })]
    expect(await admin.createTopics(both)).toEqual([two])
    await until(context.conditionTimeoutMs, 'both are listed', async () => {
      const listed = await admin.listTopics()
      return listed.includes(one) && listed.includes(two)
    })
    expect(await admin.describeTopics([one, two])).toMatchObject([
      { topic: one, partitions: 3, cleanup: 'delete', retentionMs: 3_600_000, retentionBytes: -1 },
      { topic: two, partitions: 1, cleanup: 'compact' },
    ])
    await expect(admin.createTopics([newTopic(one, 4)])).rejects.toMatchObject({
      name: 'StreamsError',
      code: 'LOG_TOPIC_DIFFERS',
    })
    await admin.deleteTopics([one])
    await until(context.conditionTimeoutMs, 'it is not listed any more', async () => {
      return !(await admin.listTopics()).includes(one)
    })
    await expect(admin.describeTopics([one])).rejects.toMatchObject({ code: 'LOG_UNKNOWN_TOPIC' })
    await admin.deleteTopics([two])
  })

  test('a topic that is created again starts empty', async () => {
    const { admin } = context.log()
    const topic = await context.topic(1)
    const groupId = context.name('group')
    await produce(topic, [['gone', 1]])
    await admin.setGroupOffsets(groupId, [{ topic, partition: 0, offset: 1 }])
    await admin.deleteTopics([topic])
    await until(context.conditionTimeoutMs, 'the topic can be created', async () => {
      if ((await admin.listTopics()).includes(topic)) return false
      return (await admin.createTopics([newTopic(topic, 1)]).catch(() => [])).length === 1
    })
    await produce(topic, [['new', 1]])
    expect(await context.values(topic)).toEqual(['new'])
  })

  test('offsets are asked for by position and by timestamp', async () => {
    const { admin } = context.log()
    const topic = await context.topic(2)
    await produce(topic, [
      ['a', 1_000],
      ['b', 3_000],
      ['c', 2_000],
      ['d', 4_000],
    ])
    const at = [0, 1].map((partition) => ({ topic, partition }))
    expect(await admin.offsets(at, 'earliest')).toEqual([0, 0])
    expect(await admin.offsets(at, 'latest')).toEqual([4, 0])
    expect(await admin.offsets(at, 'stable')).toEqual([4, 0])
    const first = async (timestampMs: number) => (await admin.offsets(at, { timestampMs }))[0]
    expect(await first(0)).toBe(0)
    expect(await first(1_000)).toBe(0)
    expect(await first(1_001)).toBe(1)
    expect(await first(3_001)).toBe(3)
    // Nothing is as young: the end.
    expect(await first(4_001)).toBe(4)
    await expect(
      admin.offsets([{ topic: context.name('nowhere'), partition: 0 }], 'latest'),
    ).rejects.toMatchObject({ code: 'LOG_UNKNOWN_TOPIC' })
  })

  test('a truncated partition starts later, and readers before it are moved there', async () => {
    const { admin } = context.log()
    const topic = await context.topic(2)
    await produce(
      topic,
      ['a', 'b', 'c', 'd', 'e'].map((value) => [value, 1] as const),
    )
    await admin.truncate([{ topic, partition: 0, offset: 3 }])
    expect(await admin.offsets([{ topic, partition: 0 }], 'earliest')).toEqual([3])
    expect(await admin.offsets([{ topic, partition: 0 }], 'latest')).toEqual([5])
    expect(await context.values(topic, 0, { offset: 1 })).toEqual(['d', 'e'])
    await produce(topic, [['f', 1]])
    expect((await context.read(topic)).map(({ offset }) => offset)).toEqual([3, 4, 5])
  })

  async function produce(topic: string, values: readonly (readonly [string, number])[]) {
    const producer = await context.log().createProducer({ clientId: 'contract' })
    const records = values.map(([value, timestampMs]) => record(value, value, timestampMs))
    await producer.send([{ topic, partition: 0, records }])
    await producer.close()
  }

  test('a large timestamp is kept', async () => {
    const topic = await context.topic(1)
    const producer = await context.log().createProducer({ clientId: 'contract' })
    const records = [record('k', 'v', 8_640_000_000_000), record('k', 'v', 1)]
    await producer.send([{ topic, partition: 0, records }])
    const read = await context.read(topic)
    expect(read.map(({ timestampMs }) => timestampMs)).toEqual([8_640_000_000_000, 1])
    await producer.send([append(topic, 0, ['later'])])
    await producer.close()
  })
}
