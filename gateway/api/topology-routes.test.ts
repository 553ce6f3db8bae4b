import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningGateway, runGateway } from '../fixtures/running-gateway.ts'
import type { Page, Problem, TopologyStatus, TopologySummary } from '../protocol.ts'
import { TopologyPage, TopologyStatusSchema } from './schemas.ts'

const SUMMARY: TopologySummary = {
  topology: 'bars',
  applicationId: 'orion-dev-bars',
  state: 'REBALANCING',
  tasks: 1,
  runningTasks: 0,
  lag: 70,
}

const STATUS: TopologyStatus = {
  ...SUMMARY,
  asOfMs: 1_000,
  error: null,
  diagram: {
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
  },
  taskList: [
    {
      taskId: '0_0',
      subTopologyId: 0,
      partition: 0,
      role: 'ACTIVE',
      state: 'RESTORING',
      thread: 'orion-dev-bars-thread-1',
      nodes: { bars: 30 },
      inputs: [{ topic: 'ticks', partition: 0, position: 30, lag: 70 }],
      stores: [
        {
          store: 'open-bars',
          bytes: 512,
          restore: { restored: 10, total: 40, recordsPerSecond: 5, secondsLeft: 6 },
        },
      ],
    },
  ],
  globalStores: [{ store: 'instruments', topic: 'admin.instruments', bytes: 64 }],
}

let orion: RunningGateway

beforeAll(async () => {
  orion = await runGateway({
    topologies: {
      list: async () => [SUMMARY],
      status: async (name) => (name === 'bars' ? STATUS : undefined),
    },
  })
})

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
