import { createServer } from 'node:net'

/** Where this process looks next: others begin elsewhere. */
let next = process.pid

/** Below the range that systems take the ports of outgoing connections from: a broker binds only seconds after the choice. */
const PORTS = { first: 20_000, count: 10_000 }

/** A port `p` such that `p` and `p + 1` are free now: a node needs one for clients and one for its controller. */
export async function freePortPair(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = PORTS.first + 2 * (next % (PORTS.count / 2))
    // A prime, so that it comes by every pair.
    next += 1_009
    const first = await listen(port)
    if (first.port < 0) continue
    const second = await listen(first.port + 1)
    await Promise.all([first.close(), second.close()])
    if (second.port === first.port + 1) return first.port
  }
  throw new Error('no two neighbouring ports are free')
}

async function listen(port: number): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer()
  const bound = await new Promise<number>((resolve) => {
    server.on('error', () => resolve(-1))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : -1)
    })
  })
  return {
    port: bound,
    close: () => new Promise((resolve) => (bound < 0 ? resolve() : server.close(() => resolve()))),
  }
}
