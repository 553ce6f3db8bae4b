import { describe, expect, test, vi } from 'vitest'
import { openEmbeddedRegistry, serveRegistry } from '#avro'
import { brokerForTests } from '#cli/kafka/broker-for-tests'
import { startEmbeddedClickHouse } from '#sink'
import { silentLogger, systemClock } from '#streams'
import { topologies } from '#topologies'
import type { Page, TopologyStatus, TopologySummary } from '../../gateway/protocol.ts'
import { wipe } from '../testing/environment-topics.ts'
import { useOrion } from '../testing/use-orion.ts'

vi.setConfig({ testTimeout: 400_000 })

const { brokers = [], missing } = await brokerForTests()
/** Only there are demo users. */
const ENV = 'dev'
const PASSWORD = 'a password of a test'
const WITHIN = { timeout: 120_000, interval: 500 }

describe.skipIf(brokers.length === 0)(
  `processes of one role each, on a real broker${missing}`,
  () => {
    const orion = useOrion()

    test('a gateway shows the topologies of two other processes; one that is killed is called silent', async () => {
      await wipe(brokers, ENV)
      const registry = openEmbeddedRegistry()
      const logger = silentLogger
      const server = await serveRegistry(registry, { port: 0, host: '127.0.0.1', logger })
      const token = 'service-token-of-a-test-0123456789abcdef'
      const engine = await startEmbeddedClickHouse({
        directory: orion.directory('clickhouse'),
        port: 0,
        jwks: { keys: [] },
        serviceToken: token,
        logger,
        clock: systemClock,
      })
      try {
        const start = (role: string, name: string, ...args: string[]) =>
          orion.start(
            [
              ...['--role', role, '--data-dir', orion.directory(name), '--env', ENV],
              ...['--brokers', brokers.join(','), '--registry', `http://127.0.0.1:${server.port}`],
              ...['--log-level', 'warn', ...args],
            ],
            { ORION_DEMO_PASSWORD: PASSWORD },
          )
        const clickhouse = engine.url.replace('http://', `http://default:${token}@`)
        const gateway = start('gateway', 'gateway', '--clickhouse', clickhouse)
        const first = start('streams', 'first')
        const second = start('streams', 'second')
        const url = await gateway.ready()
        const get = await logIn(url)
        const list = async () => (await get<Page<TopologySummary>>('')).items
        await vi.waitFor(async () => {
          expect(await list()).toEqual(
            topologies.map(({ name: topology }) =>
              expect.objectContaining({ topology, state: 'RUNNING', instances: 2 }),
            ),
          )
          const { taskList, diagram, tasks, runningTasks } = await get<TopologyStatus>('/bars')
          const processes = new Set(taskList.map(({ instance }) => instance.split('/').at(-1)))
          expect([...processes].sort()).toEqual([first, second].map(pidOf).sort())
          expect({ tasks, runningTasks }).toEqual({ tasks: 4, runningTasks: 4 })
          expect(diagram.frames).not.toEqual([])
        }, WITHIN)
        const { instanceList } = await get<TopologyStatus>('/bars')
        expect(instanceList.map(({ sameGraph }) => sameGraph)).toEqual([true, true])

        second.kill('SIGKILL')
        await second.ended()
        await vi.waitFor(async () => {
          const status = await get<TopologyStatus>('/bars')
          const silent = status.instanceList.filter((one) => one.silent)
          expect(silent.map(({ instance }) => instance.split('/').at(-1))).toEqual([pidOf(second)])
          expect(status.state).toContain('1 of 2 instances silent')
        }, WITHIN)

        first.kill('SIGTERM')
        expect(await first.ended(), first.logs.join('\n')).toBe(0)
        await vi.waitFor(async () => {
          for (const { instanceList: left } of await Promise.all(
            (await list()).map(({ topology }) => get<TopologyStatus>(`/${topology}`)),
          ))
            expect(left.map(({ instance }) => instance.split('/').at(-1))).toEqual([pidOf(second)])
        }, WITHIN)
      } finally {
        await engine.close()
        await server.close()
        await registry.close()
      }
    })
  },
)

const pidOf = ({ child }: { readonly child: { readonly pid?: number | undefined } }) =>
  String(child.pid)

/** Of the routes about topologies. */
async function logIn(url: string): Promise<<T>(path: string) => Promise<T>> {
  const login = await fetch(`${url}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenant: 'demo', user: 'platform', password: PASSWORD }),
  })
  expect(login.status).toBe(200)
  const { accessToken } = (await login.json()) as { accessToken: string }
  return async <T>(path: string) => {
    const response = await fetch(`${url}/api/v1/admin/topologies${path}`, {
      headers: { authorization: `Bearer ${accessToken}` },
    })
    return (await response.json()) as T
  }
}
