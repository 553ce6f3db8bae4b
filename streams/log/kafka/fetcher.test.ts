import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../clock.ts'
import { noMetrics } from '../../metrics.ts'
import type { BrokerLink } from './broker-link.ts'
import type { Cluster } from './cluster.ts'
import type { FetchedPartition } from './fetch-request.ts'
import { Fetcher } from './fetcher.ts'
import { encodeBatch, encodeRecords } from './record-batch-encoder.ts'

const PRODUCER = { producerId: -1, producerEpoch: -1, baseSequence: -1, transactional: false }
const AT = { topic: 't', partition: 0 }

let fetcher: Fetcher | undefined
afterEach(() => fetcher?.close())

/** A leader whose answers and pauses a test releases one by one. */
function leader() {
  const requests: ((answer: FetchedPartition) => void)[] = []
  const pauses: { readonly ms: number; readonly end: () => void }[] = []
  const link = {
    send: () => new Promise((resolve) => requests.push((answer) => resolve([answer]))),
  } as unknown as BrokerLink
  const cluster = {
    closed: false,
    options: { metrics: noMetrics, clock: systemClock, retryForMs: 1_000, requestTimeoutMs: 1_000 },
    leader: async () => link,
    sleep: (ms: number) => new Promise<void>((end) => pauses.push({ ms, end })),
  } as unknown as Cluster
  return { requests, pauses, cluster }
}

function answer(offset: number, valueBytes: number): FetchedPartition {
  const records = [{ key: null, value: Buffer.alloc(valueBytes), timestampMs: 1 }]
  const bytes = encodeBatch(encodeRecords(records, 0, 1_000_000, false), PRODUCER)
  bytes.writeInt32BE(offset, 4)
  return { ...AT, code: 0, highWatermark: 99, lastStableOffset: 99, aborted: [], bytes }
}

const NOTHING: FetchedPartition = {
  ...AT,
  code: 0,
  highWatermark: 0,
  lastStableOffset: 0,
  aborted: [],
  bytes: Buffer.alloc(0),
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

test.each([
  ['small, the next request waits', answer(0, 100), 1],
  ['large, there is more: it does not', answer(0, 50_000), 0],
  ['empty, the broker has waited already', NOTHING, 0],
] as const)('after an answer that is %s', async (_, first, pausesExpected) => {
  const { requests, pauses, cluster } = leader()
  fetcher = new Fetcher(cluster, {
    isolation: 'read_committed',
    bufferedBytesMax: 1_000_000,
    onOutOfRange: async () => 0,
  })
  fetcher.assign([{ ...AT, offset: 0 }])
  await settled()
  expect(requests).toHaveLength(1)
  requests[0]?.(first)
  await settled()
  // What came is there at once, whatever waits.
  expect(await fetcher.poll(0)).toHaveLength(first === NOTHING ? 0 : 1)
  expect(pauses).toHaveLength(pausesExpected)
  expect(requests).toHaveLength(2 - pausesExpected)
  for (const { ms, end } of pauses) {
    expect(ms).toBeLessThanOrEqual(10)
    end()
  }
  await settled()
  expect(requests).toHaveLength(2)
})
