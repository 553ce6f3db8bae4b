import { expect, test } from 'vitest'
import type { KillswitchEnvelope, LifecycleEnvelope } from '#avro'
import { command, instrument, lp, mark, NOON } from '#processors/admission/fixtures/rfq'
import { createStoreBackend, memoryEngine } from '#state-stores'
import type { TopicHandle } from '#streams'
import { TopologyTestDriver } from '#streams/testing'
import { type RunningGateway, runGateway } from '../gateway/fixtures/running-gateway.ts'
import { envelope } from '../processors/rfq/fixtures/rfq.ts'
import { read, testTopics } from './fixtures/drive.ts'
import { rfqTopology } from './rfq.ts'

async function driven() {
  const topics = await testTopics()
  const driver = await TopologyTestDriver.open({
    topology: rfqTopology(topics),
    stores: createStoreBackend(memoryEngine()),
    initialWallClockMs: NOON,
  })
  const pipe = <E>({ name, keySerde, valueSerde }: TopicHandle<string, E>, key: string, event: E) =>
    driver.createInputTopic(name, keySerde, valueSerde).pipe(key, event, { timestampMs: NOON })
  pipe(topics.admin.instruments, 'platform|EURUSD.SIMFX', {
    ...envelope('instrument'),
    eventType: 'InstrumentUpdated',
    payload: instrument(),
  })
  pipe(topics.marketdata.marks, 'platform|EURUSD.SIMFX', {
    ...envelope('mark'),
    eventType: 'MarkPriceUpdated',
    payload: mark(1.25),
  })
  pipe(topics.admin.lps, 'platform|LP-A', {
    ...envelope('lp'),
    eventType: 'LPConfigUpdated',
    payload: lp('LP-A'),
  })
  let count = 0
  /** State of a new RFQ of the tenant, and why. */
  const ask = (tenantId: string) => {
    count += 1
    const rfqId = `R-${count}`
    pipe(topics.rfq.commands, `${tenantId}|${rfqId}`, {
      ...envelope(`create-${count}`),
      tenantId,
      occurredAt: NOON,
      eventType: 'CreateRFQ',
      payload: command({ rfqId }),
    })
    const last = read({ driver, topics }, topics.rfq.lifecycle).at(-1)?.value as LifecycleEnvelope
    return [last.payload.state, last.eventType === 'RFQRejected' ? last.payload.text : undefined]
  }
  return { ask, driver, pipe, topics }
}

/** The events that a gateway wrote to the topic of the switches, with their keys. */
async function written({ memory, topics }: RunningGateway) {
  const { name, valueSerde } = topics.risk.killswitch
  const reader = await memory.asLog().createPartitionReader({} as never)
  await reader.assign([{ topic: name, partition: 0, offset: 0 }])
  const batches = await reader.poll({ maxWaitMs: 0 } as never)
  return batches.flatMap(({ records }) =>
    records.map(({ key, value }): readonly [string, KillswitchEnvelope] => [
      Buffer.from(key ?? []).toString(),
      valueSerde.deserialize(name, value ?? new Uint8Array(), []),
    ]),
  )
}

test('a switch that was thrown at the gateway stops the very next RFQ of whom it is for', async () => {
  const gateway = await runGateway()
  const rfqs = await driven()
  let seen = 0
  const set = async (verb: 'enable' | 'disable', user: string, scope: string) => {
    const { status } = await gateway.call(`/api/v1/admin/killswitch/${verb}`, {
      token: await gateway.token(user),
      json: { reason: 'a drill', scope },
    })
    expect(status).toBe(200)
    const events = await written(gateway)
    for (const [key, event] of events.slice(seen))
      rfqs.pipe(rfqs.topics.risk.killswitch, key, event)
    seen = events.length
  }
  expect(rfqs.ask('demo')).toEqual(['SENT', undefined])
  await set('enable', 'risk', 'TENANT')
  expect(rfqs.ask('demo')).toEqual(['REJECTED', 'Trading is stopped for this tenant: a drill.'])
  expect(rfqs.ask('other')).toEqual(['SENT', undefined])
  await set('disable', 'admin', 'TENANT')
  expect(rfqs.ask('demo')).toEqual(['SENT', undefined])
  await set('enable', 'platform', 'GLOBAL')
  for (const tenant of ['demo', 'other']) {
    expect(rfqs.ask(tenant)).toEqual(['REJECTED', 'Trading is stopped for all tenants: a drill.'])
  }
  await set('disable', 'platform', 'GLOBAL')
  expect(rfqs.ask('other')).toEqual(['SENT', undefined])
  await rfqs.driver.close()
  await gateway.close()
})
