import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { QueryClient, type QueryClientOptions } from './query-client.ts'
import { QueryProblem } from './query-problem.ts'

const opened: { close(): void }[] = []

afterEach(() => {
  for (const one of opened.splice(0)) one.close()
})

interface Instance {
  readonly server: Server
  readonly host: { readonly host: string; readonly port: number }
  /** Bodies that it was sent. */
  readonly asked: { readonly timeoutMs?: number }[]
}

async function instance(answer: RequestListener): Promise<Instance> {
  const asked: Instance['asked'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      asked.push(JSON.parse(Buffer.concat(chunks).toString()))
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push({ close: () => server.close().closeAllConnections() })
  return {
    server,
    asked,
    host: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
  }
}

const answers: RequestListener = (_request, response) => {
  response.end(JSON.stringify({ rows: [], stale: false }))
}

const refuses: RequestListener = (_request, response) => {
  const problem = new QueryProblem('unavailable', 'tasks may be moving')
  response.writeHead(503, { 'retry-after': '7' }).end(JSON.stringify(problem.toJson('1')))
}

function clientOf(instances: readonly Instance[], options: Partial<QueryClientOptions> = {}) {
  const hosts = instances.map(({ host }) => host)
  const client = new QueryClient({
    hosts,
    applicationId: 'app',
    credential: () => 'ann',
    ...options,
  })
  opened.push(client)
  return client
}

test('an instance that is gone costs one attempt: the one that answered is asked from then on', async () => {
  const [gone, here] = [await instance(answers), await instance(answers)]
  const client = clientOf([gone, here])
  await client.get('totals', 'a')
  gone.server.close().closeAllConnections()
  const other = await instance(refuses)
  const moved = clientOf([other, here])
  for (let call = 0; call < 3; call++) {
    expect(await client.get('totals', 'a')).toMatchObject({ stale: false })
    expect(await moved.get('totals', 'a')).toMatchObject({ stale: false })
  }
  expect(other.asked).toHaveLength(1)
})

test('one that hangs is left after its time, and asked last afterwards', async () => {
  const [hung, here] = [await instance(() => {}), await instance(answers)]
  const client = clientOf([hung, here], { timeoutMs: 100 })
  for (let call = 0; call < 3; call++) await client.get('totals', 'a')
  expect([hung.asked.length, here.asked.length]).toEqual([1, 3])
})

test('the time of a call is shared by all that are asked, and what is thrown says when to come again', async () => {
  const late: RequestListener = (request, response) =>
    setTimeout(() => refuses(request, response), 300)
  const [first, second, third] = [await instance(late), await instance(late), await instance(late)]
  const asked = clientOf([first, second, third]).get('totals', 'a', { timeoutMs: 500 })
  await expect(asked).rejects.toMatchObject({ kind: 'unavailable', details: { retryAfterS: 7 } })
  expect(first.asked[0]?.timeoutMs).toBeGreaterThan(450)
  expect(second.asked[0]?.timeoutMs).toBeLessThanOrEqual(200)
  expect(third.asked).toEqual([])
})

test('a connection that the instance closed in the meantime is no failure', async () => {
  const known = new Set<unknown>()
  const closing = await instance((request, response) => {
    if (known.has(request.socket)) request.socket.resetAndDestroy()
    else answers(request, response)
    known.add(request.socket)
  })
  const client = clientOf([closing])
  for (let call = 0; call < 3; call++) await client.get('totals', 'a')
  expect(closing.asked).toHaveLength(5)
})
