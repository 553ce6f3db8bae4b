import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TopologiesEnvelope } from '#avro'
import { type RunningGateway, runGateway, until } from '../fixtures/running-gateway.ts'
import { reportKey, taskReport, topologyReported } from '../fixtures/topology-reports.ts'
import type {
  Page,
  Problem,
  TopologyDiagram,
  TopologyStatus,
  TopologySummary,
} from '../protocol.ts'
import { TopologyPage, TopologyStatusSchema } from './schemas.ts'

const DIAGRAM: TopologyDiagram = {
  width: 300,
  height: 200,
  boxWidth: 200,
  boxHeight: 40,
  frames: [
    {
      title: 'Sub-topology 0',
      subTopologyId: 0,
      x: 0,
      y: 0,
      width: 300,
      height: 200,
      boxes: [{ shape: 'node', name: 'bars', x: 10, y: 10 }],
      edges: [],
    },
  ],
}

const RESTORED = { restored: 10, total: 40, recordsPerSecond: 5, secondsLeft: 6 }

const SUMMARY: TopologySummary = {
  topology: 'bars',
  applicationId: 'orion-dev-bars',
  state: 'REBALANCING',
  instances: 2,
  tasks: 1,
  runningTasks: 0,
  lag: 70,
}

const INSTANCE = { version: '1.2.3', error: null, silent: false, tasksLeftOut: 0 }

const STATUS: TopologyStatus = {
  ...SUMMARY,
  asOfMs: expect.any(Number),
  error: null,
  diagram: DIAGRAM,
  instanceList: [
    {
      ...INSTANCE,
      instance: 'first/7',
      processId: 'id-of-first',
      state: 'REBALANCING',
      ageMs: expect.any(Number),
      sameGraph: true,
      tasks: 1,
    },
    {
      ...INSTANCE,
      instance: 'second/7',
      processId: 'id-of-second',
      state: 'RUNNING',
      ageMs: expect.any(Number),
      sameGraph: false,
      tasks: 0,
    },
  ],
  taskList: [
    {
      taskId: '0_0',
      subTopologyId: 0,
      partition: 0,
      role: 'ACTIVE',
      state: 'RESTORING',
      instance: 'first/7',
      thread: 'thread-1',
      asOfMs: expect.any(Number),
      nodes: { bars: 30 },
      inputs: [{ topic: 'ticks', partition: 0, position: 30, lag: 70 }],
      stores: [{ store: 'open-bars', bytes: 512, restore: RESTORED }],
    },
  ],
  globalStores: [{ store: 'instruments', topic: 'admin.instruments', bytes: 64 }],
}

let orion: RunningGateway

beforeAll(async () => {
  orion = await runGateway({ graphs: new Map([['bars', { diagram: DIAGRAM, digest: 'digest' }]]) })
  publish(
    topologyReported('first', Date.now(), {
      state: 'REBALANCING',
      taskList: [
        taskReport('0_0', {
          state: 'RESTORING',
          nodes: { bars: 30 },
          inputs: [{ topic: 'ticks', partition: 0, position: 30, lag: 70 }],
          stores: [{ store: 'open-bars', bytes: 512, restore: RESTORED }],
        }),
      ],
      globalStores: [{ store: 'instruments', topic: 'admin.instruments', bytes: 64 }],
    }),
  )
  publish(topologyReported('second', Date.now(), { graph: 'newer' }))
  await until('both processes are heard of', async () => {
    const { body } = await get<Page<TopologySummary>>('')
    return body.items[0]?.instances === 2
  })
})

function publish(event: TopologiesEnvelope): void {
  orion.publish(orion.topics.ops.topologies, 'platform', reportKey(event.payload), event)
}

afterAll(() => orion.close())

async function get<T>(path: string, user = 'platform', tenant = 'demo') {
  const response = await orion.call(`/api/v1/admin/topologies${path}`, {
    token: await orion.token(user, tenant),
  })
  return { status: response.status, body: (await response.json()) as T }
}

test('who operates the platform sees the list, and each topology, in the promised shape', async () => {
  for (const user of ['platform', 'admin']) {
    const list = await get<Page<TopologySummary>>('', user)
    expect(list).toEqual({ status: 200, body: { items: [SUMMARY], nextCursor: null } })
    expect(TopologyPage.parse(list.body)).toEqual(list.body)
    const one = await get<TopologyStatus>('/bars', user)
    expect(one).toEqual({ status: 200, body: STATUS })
    expect(TopologyStatusSchema.parse(one.body)).toEqual(one.body)
  }
})

test.each(['trader', 'trader2', 'sales', 'risk', 'quant', 'compliance', 'client'])(
  '%s is refused, of whichever tenant',
  async (user) => {
    for (const tenant of ['demo', 'other']) {
      for (const path of ['', '/bars', '/nothing']) {
        const { status, body } = await get<Problem>(path, user, tenant)
        expect({ status, title: body.title }).toMatchObject({ status: 403 })
      }
    }
  },
)

test('without a token nothing is told', async () => {
  const response = await orion.call('/api/v1/admin/topologies')
  expect(response.status).toBe(401)
})

test('a name that is not known, or is none, is refused with what to do', async () => {
  const unknown = await get<Problem>('/ticks')
  expect(unknown.status).toBe(404)
  expect(unknown.body.detail).toContain('GET /api/v1/admin/topologies')
  expect((await get<Problem>('/No%20Name')).status).toBe(400)
})

test('a process that closes is left out at once, and with the last one the topology', async () => {
  for (const host of ['first', 'second']) {
    const { payload } = topologyReported(host, 0)
    orion.publish(orion.topics.ops.topologies, 'platform', reportKey(payload), null)
  }
  await until('nobody runs it', async () => {
    const { body } = await get<Page<TopologySummary>>('')
    return body.items.length === 0
  })
  expect((await get<Problem>('/bars')).status).toBe(404)
})
