import { expect, test } from 'vitest'
import type { TransactionalProducer } from '../log.ts'
import { append, type ContractContext, groupWithoutMembers, until } from './context.ts'

export function transactions(context: ContractContext): void {
  test('records of several partitions and topics appear together at commit', async () => {
    const [left, right] = [await context.topic(2), await context.topic(1)]
    const producer = await context.transactional(context.name('tx'))
    await producer.begin()
    await producer.send([append(left, 0, ['l0']), append(left, 1, ['l1'])])
    await producer.send([append(right, 0, ['r0']), append(left, 0, ['l2'])])
    expect(await context.values(left, 0)).toEqual([])
    expect(await context.values(right, 0)).toEqual([])
    await producer.commit()
    await context.valuesBecome(left, 0, ['l0', 'l2'])
    await context.valuesBecome(left, 1, ['l1'])
    await context.valuesBecome(right, 0, ['r0'])
    await producer.close()
  })

  test('of aborted and committed transactions of one producer only the committed are read', async () => {
    const topic = await context.topic(1)
    const producer = await context.transactional(context.name('tx'))
    for (const value of ['a1', 'c1', 'a2', 'c2', 'a3']) {
      await producer.begin()
      await producer.send([append(topic, 0, [value, `${value}'`])])
      if (value.startsWith('a')) await producer.abort()
      else await producer.commit()
    }
    await context.valuesBecome(topic, 0, ['c1', "c1'", 'c2', "c2'"])
    await producer.begin()
    await producer.send([append(topic, 0, ['c3'])])
    await producer.commit()
    await context.valuesBecome(topic, 0, ['c1', "c1'", 'c2', "c2'", 'c3'])
    await producer.close()
  })

  test('a sent record is found at the offset that send returned', async () => {
    const topic = await context.topic(1)
    const [one, two] = [
      await context.transactional(context.name('tx')),
      await context.transactional(context.name('tx')),
    ]
    await one.begin()
    await two.begin()
    const results = [
      await one.send([append(topic, 0, ['one-1'])]),
      await two.send([append(topic, 0, ['two-1', 'two-2'])]),
      await one.send([append(topic, 0, ['one-2'])]),
    ].flat()
    await two.commit()
    await one.commit()
    await context.valuesBecome(topic, 0, ['one-1', 'two-1', 'two-2', 'one-2'])
    const read = await context.read(topic)
    expect(results.map(({ baseOffset }) => baseOffset)).toEqual(
      [0, 1, 3].map((index) => read[index]?.offset),
    )
    await one.close()
    await two.close()
  })

  test('a reader of committed records waits for the oldest open transaction', async () => {
    const topic = await context.topic(1)
    const [slow, quick] = [
      await context.transactional(context.name('tx')),
      await context.transactional(context.name('tx')),
    ]
    await slow.begin()
    await slow.send([append(topic, 0, ['slow'])])
    await quick.begin()
    await quick.send([append(topic, 0, ['quick'])])
    await quick.commit()
    expect(await context.values(topic)).toEqual([])
    expect(await context.log().admin.offsets([{ topic, partition: 0 }], 'stable')).toEqual([0])
    await slow.abort()
    await context.valuesBecome(topic, 0, ['quick'])
    await slow.close()
    await quick.close()
  })

  test('an empty transaction commits and aborts', async () => {
    const producer = await context.transactional(context.name('tx'))
    await producer.begin()
    await producer.commit()
    await producer.begin()
    await producer.abort()
    await producer.close()
  })

  test('a second producer with the same transactional id fences the first', async () => {
    const topic = await context.topic(1)
    const transactionalId = context.name('tx')
    const zombie = await context.transactional(transactionalId)
    await zombie.begin()
    await zombie.send([append(topic, 0, ['zombie'])])
    const successor = await context.transactional(transactionalId)
    await expect(zombie.commit()).rejects.toMatchObject({ code: 'LOG_FENCED' })
    await successor.begin()
    await successor.send([append(topic, 0, ['successor'])])
    await successor.commit()
    await context.valuesBecome(topic, 0, ['successor'])
    await zombie.close()
    await successor.close()
  })

  test('a fenced producer can neither send nor send offsets', async () => {
    const topic = await context.topic(1)
    const groupId = context.name('group')
    for (const call of [
      (zombie: TransactionalProducer) => zombie.send([append(topic, 0, ['zombie'])]),
      (zombie: TransactionalProducer) =>
        zombie.sendOffsets(groupWithoutMembers(groupId), [{ topic, partition: 0, offset: 9 }]),
    ]) {
      const transactionalId = context.name('tx')
      const zombie = await context.transactional(transactionalId)
      await zombie.begin()
      const successor = await context.transactional(transactionalId)
      await expect(call(zombie)).rejects.toMatchObject({ code: 'LOG_FENCED' })
      await zombie.close()
      await successor.close()
    }
    expect(await context.values(topic)).toEqual([])
    expect(await context.log().admin.groupOffsets(groupId, [{ topic, partition: 0 }])).toEqual([
      undefined,
    ])
  })

  test('init ends the transaction that a dropped producer left open', async () => {
    const topic = await context.topic(1)
    const transactionalId = context.name('tx')
    const dropped = await context.transactional(transactionalId)
    await dropped.begin()
    await dropped.send([append(topic, 0, ['left over'])])
    const successor = await context.transactional(transactionalId)
    await successor.begin()
    await successor.send([append(topic, 0, ['kept'])])
    await successor.commit()
    await context.valuesBecome(topic, 0, ['kept'])
    await until(context.conditionTimeoutMs, 'nothing is open any more', async () => {
      const at = [{ topic, partition: 0 }]
      const [latest] = await context.log().admin.offsets(at, 'latest')
      const [stable] = await context.log().admin.offsets(at, 'stable')
      return latest === stable
    })
    await dropped.close()
    await successor.close()
  })

  test('after a rejected call init makes the producer usable, and what was open is gone', async () => {
    const topic = await context.topic(1)
    const producer = await context.transactional(context.name('tx'))
    await producer.begin()
    await producer.send([append(topic, 0, ['before'])])
    const large = { key: null, value: new Uint8Array(2_000_000), timestampMs: 1 }
    await expect(producer.send([{ topic, partition: 0, records: [large] }])).rejects.toMatchObject({
      code: 'LOG_RECORD_TOO_LARGE',
    })
    await producer.init()
    await producer.begin()
    await producer.send([append(topic, 0, ['after'])])
    await producer.commit()
    await context.valuesBecome(topic, 0, ['after'])
    await producer.close()
  })

  test('records and offsets may be sent at the same time, and end together', async () => {
    const topic = await context.topic(2)
    const groupId = context.name('group')
    const group = groupWithoutMembers(groupId)
    const at = [{ topic, partition: 0 }]
    const offset = async () => (await context.log().admin.groupOffsets(groupId, at))[0]?.offset
    const producer = await context.transactional(context.name('tx'))
    for (const round of [1, 2, 3]) {
      await producer.begin()
      const [results] = await Promise.all([
        producer.send([append(topic, 0, [`${round}`]), append(topic, 1, [`${round}`])]),
        producer.sendOffsets(group, [{ topic, partition: 0, offset: round }]),
      ])
      expect(results.map(({ partition }) => partition)).toEqual([0, 1])
      await producer.commit()
    }
    await context.valuesBecome(topic, 0, ['1', '2', '3'])
    await until(context.conditionTimeoutMs, 'the last offset is committed', async () => {
      return (await offset()) === 3
    })
    const large = { key: null, value: new Uint8Array(2_000_000), timestampMs: 1 }
    await producer.begin()
    const [refused] = await Promise.allSettled([
      producer.send([{ topic, partition: 0, records: [large] }]),
      producer.sendOffsets(group, [{ topic, partition: 0, offset: 4 }]),
    ])
    expect(refused).toMatchObject({ reason: { code: 'LOG_RECORD_TOO_LARGE' } })
    await producer.init()
    await producer.begin()
    await producer.send([append(topic, 1, ['after'])])
    await producer.commit()
    await context.valuesBecome(topic, 1, ['1', '2', '3', 'after'])
    expect(await offset()).toBe(3)
    await producer.close()
  })

  test('offsets become visible with the commit, not before, and not after an abort', async () => {
    const topic = await context.topic(2)
    const groupId = context.name('group')
    const group = groupWithoutMembers(groupId)
    const partitions = [0, 1].map((partition) => ({ topic, partition }))
    const committed = () => context.log().admin.groupOffsets(groupId, partitions)
    const producer = await context.transactional(context.name('tx'))
    await producer.begin()
    await producer.send([append(topic, 0, ['x'])])
    await producer.sendOffsets(group, [{ topic, partition: 0, offset: 7, metadata: 'seven, ü' }])
    await producer.commit()
    const seven = { topic, partition: 0, offset: 7, metadata: 'seven, ü' }
    await until(context.conditionTimeoutMs, 'the offset is committed', async () => {
      return (await committed())[0]?.offset === 7
    })
    expect(await committed()).toMatchObject([seven, undefined])
    await producer.begin()
    await producer.sendOffsets(group, [{ topic, partition: 0, offset: 8 }])
    await producer.sendOffsets(group, [{ topic, partition: 1, offset: 1 }])
    await producer.abort()
    await producer.begin()
    await producer.sendOffsets(group, [{ topic, partition: 1, offset: 2 }])
    await producer.commit()
    await until(context.conditionTimeoutMs, 'the second offset is committed', async () => {
      return (await committed())[1] !== undefined
    })
    expect(await committed()).toMatchObject([seven, { topic, partition: 1, offset: 2 }])
    await producer.close()
  })

  test('an unknown topic in a transaction is refused', async () => {
    const producer = await context.transactional(context.name('tx'))
    await producer.begin()
    await expect(producer.send([append(context.name('nowhere'), 0, ['x'])])).rejects.toMatchObject({
      code: 'LOG_UNKNOWN_TOPIC',
    })
    await producer.close()
  })
}
