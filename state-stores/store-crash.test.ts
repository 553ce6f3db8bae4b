import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { KeyValueStore, WindowStore } from '#streams'
import { seededRandom } from './conformance/seeded-random.ts'
import { balances, sums } from './conformance/store-house.ts'
import { rocksdbEngine } from './rocksdb/rocksdb-engine.ts'
import { createStoreBackend } from './store-backend.ts'

const root = mkdtempSync(join(tmpdir(), 'orion-crash-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const KILLS = 8
const BASE = 1_700_000_000_000
const KEYS = 40
const WRITES = 25

/**
 * The child goes on from the position it finds: transaction n writes `n` under keys that n decides, to both stores, and
 * commits position n. So position and content can be checked against each other after any kill.
 */
const child = (directory: string) => `
  import { createStoreBackend, rocksdbEngine } from ${JSON.stringify(new URL('index.ts', import.meta.url).href)}
  const text = new TextEncoder(), decoder = new TextDecoder()
  const serde = { serialize: (_, value) => text.encode(value), deserialize: (_, bytes) => decoder.decode(bytes) }
  const common = { keySerde: serde, valueSerde: serde, logged: true, persistent: true }
  const specs = [{ ...common, kind: 'key-value', name: 'balances' },
    { ...common, kind: 'window', name: 'sums', windowSizeMs: 10000, retentionMs: 180000 }]
  const stores = await createStoreBackend(rocksdbEngine(), { memoryBytes: 1 << 20 })
    .open({ directory: ${JSON.stringify(directory)}, taskId: '0_0', specs, overlayBytesMax: 1e9 })
  for (let n = (stores.position('balances') ?? 0) + 1; ; n += 1) {
    for (let write = 0; write < ${WRITES}; write += 1) {
      stores.get('balances').store.put('k' + ((n * 7 + write) % ${KEYS}), n + ':' + 'x'.repeat(300))
      stores.get('sums').store.put('k' + (write % 5), String(n), ${BASE} + n * 1000)
    }
    stores.get('balances').store.put('last', String(n))
    stores.commit(new Map([['balances', n], ['sums', n]]))
    console.log(n)
    if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
  }`

test('after a kill at any moment, stores and positions are those of one transaction', async () => {
  const directory = join(root, '0_0')
  const random = seededRandom(20_261_121)
  const backend = createStoreBackend(rocksdbEngine())
  let before = 0
  for (let kill = 0; kill < KILLS; kill += 1) {
    const confirmed = await runUntilKilled(directory, before + 20 + Math.floor(random() * 300))
    const stores = await backend.open({
      directory,
      taskId: '0_0',
      specs: [balances, sums],
      overlayBytesMax: 1e9,
    })
    const keyValue = stores.get('balances').store as KeyValueStore<string, string>
    const windows = stores.get('sums').store as WindowStore<string, string>
    const position = stores.position('balances') ?? 0
    expect(position).toBeGreaterThanOrEqual(confirmed)
    expect(stores.position('sums')).toBe(position)
    expect(keyValue.get('last')).toBe(String(position))
    for (let at = 0; at < KEYS; at += 1) {
      expect(keyValue.get(`k${at}`)?.split(':')[0]).toBe(String(lastWriter(at, position)))
    }
    expect(keyValue.approximateNumEntries()).toBe(KEYS + 1)
    const seen = [...windows.all()]
    const visible = Math.min(position, sums.retentionMs / 1_000)
    expect(seen.length).toBe(visible * 5)
    expect(Math.max(...seen.map(([{ startMs }]) => startMs))).toBe(BASE + position * 1_000)
    before = position
    await stores.close()
  }
}, 120_000)

/** The last transaction up to `position` whose writes reach the key. */
function lastWriter(at: number, position: number): number {
  for (let n = position; n > 0; n -= 1) {
    for (let write = 0; write < WRITES; write += 1) if ((n * 7 + write) % KEYS === at) return n
  }
  return 0
}

/** Answers the last transaction that the child said was committed. */
async function runUntilKilled(directory: string, transaction: number): Promise<number> {
  const { NODE_OPTIONS: _, ...env } = process.env
  const running = spawn(process.execPath, ['--input-type=module', '--eval', child(directory)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: new URL('..', import.meta.url).pathname,
    env,
  })
  let confirmed = 0
  let rest = ''
  running.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    confirmed = Number(lines.at(-1) ?? confirmed)
    if (confirmed >= transaction) running.kill('SIGKILL')
  })
  const [, signal] = await once(running, 'close')
  expect(signal).toBe('SIGKILL')
  return confirmed
}
