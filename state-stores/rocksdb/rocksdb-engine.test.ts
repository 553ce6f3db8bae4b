import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { engineConformance } from '../conformance/engine-conformance.ts'
import { loadBinding, type NativeDatabase, type RocksBinding } from './binding.ts'
import { engineKey, Keyspace } from './keyspaces.ts'
import { putIntent } from './range-delete.ts'
import { rocksdbEngine } from './rocksdb-engine.ts'

const root = mkdtempSync(join(tmpdir(), 'orion-rocksdb-'))
let count = 0
const newDirectory = () => {
  count += 1
  return join(root, `database-${count}`)
}
afterAll(() => rmSync(root, { recursive: true, force: true }))

engineConformance('RocksDB', () => ({ engine: rocksdbEngine(), newDirectory }))

const engine = rocksdbEngine()
const utf8 = (value: string) => new TextEncoder().encode(value)

/** Runs a module text against the engine in a process of its own. */
function childProcess(body: string) {
  const source = `import { rocksdbEngine } from ${JSON.stringify(new URL('rocksdb-engine.ts', import.meta.url).href)}
  const engine = rocksdbEngine(); const utf8 = (value) => new TextEncoder().encode(value)
  ${body}`
  // The runner's own loader settings must not reach the child.
  const { NODE_OPTIONS: _, ...env } = process.env
  return spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: new URL('../..', import.meta.url).pathname,
    env,
  })
}

/** The database without the engine on it. */
async function withNative(
  directory: string,
  use: (binding: RocksBinding, native: NativeDatabase) => void,
): Promise<void> {
  const binding = loadBinding()
  const native = binding.db_init(directory)
  const options = {
    createIfMissing: false,
    walCompression: false,
    parallelism: 1,
    compaction: 'level',
    memtableMemoryBudget: 4_000_000,
    cacheSize: 0,
    compression: false,
    optimize: 'point-lookup',
  } as const
  await new Promise<void>((resolve, reject) =>
    binding.db_open(native, options, (error) => (error ? reject(error) : resolve())),
  )
  use(binding, native)
  await new Promise((resolve) => binding.db_close(native, resolve))
}

describe('a RocksDB database', () => {
  test('that another process holds is refused', async () => {
    const directory = newDirectory()
    const child = childProcess(`
      const database = await engine.open(${JSON.stringify(directory)}, { keyspaces: ['orders'] })
      console.log('open'); setInterval(() => database.keyspaces(), 1000)`)
    await once(child.stdout, 'data')
    await expect(engine.open(directory, { keyspaces: ['orders'] })).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      message: expect.stringContaining(directory),
    })
    child.kill('SIGKILL')
    await once(child, 'exit')
    const database = await engine.open(directory, { keyspaces: ['orders'] })
    await database.close()
  })

  test('has everything that was written when its process is killed', async () => {
    const directory = newDirectory()
    const child = childProcess(`
      const database = await engine.open(${JSON.stringify(directory)}, { keyspaces: ['orders', 'fills'] })
      for (let n = 1; ; n += 1) {
        const batch = database.batch()
        batch.put('orders', utf8('last'), utf8(String(n))); batch.put('fills', utf8('last'), utf8(String(n)))
        batch.put('orders', utf8('order' + n), new Uint8Array(200)); batch.write()
        if (n % 500 === 0) console.log(n)
        if (n % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
      }`)
    let printed = 0
    child.stdout.on('data', (chunk: Buffer) => {
      printed = Number(chunk.toString().trim().split('\n').at(-1))
      if (printed >= 20_000) child.kill('SIGKILL')
    })
    await once(child, 'close')
    const database = await engine.open(directory, { keyspaces: [] })
    const last = Number(Buffer.from(database.get('orders', utf8('last')) ?? []).toString())
    expect(last).toBeGreaterThanOrEqual(printed)
    expect(Number(Buffer.from(database.get('fills', utf8('last')) ?? []).toString())).toBe(last)
    expect([...database.scan('orders', { from: utf8('order'), to: utf8('ordes') })].length).toBe(
      last,
    )
    await database.close()
  })

  test('finishes a long range delete that its process left', async () => {
    const directory = newDirectory()
    const first = await engine.open(directory, { keyspaces: ['orders'] })
    const filled = first.batch()
    for (let n = 0; n < 50; n += 1) filled.put('orders', utf8(`k${n}`), utf8('v'))
    filled.write()
    await first.close()
    await withNative(directory, (binding, native) => {
      const [from, to] = ['k1', 'k4'].map((key) => new Keyspace(1).key(utf8(key)))
      if (from === undefined || to === undefined) throw new Error('a bound is missing')
      const owed = binding.batch_init()
      putIntent(binding, owed, [{ from, to }])
      binding.batch_write(native, owed, {})
    })
    const database = await engine.open(directory, { keyspaces: [] })
    const keys = [...database.scan('orders')].map(({ key }) => Buffer.from(key).toString())
    expect(keys).toEqual([
      'k0',
      'k4',
      'k40',
      'k41',
      'k42',
      'k43',
      'k44',
      'k45',
      'k46',
      'k47',
      'k48',
      'k49',
      'k5',
      'k6',
      'k7',
      'k8',
      'k9',
    ])
    await database.close()
  })

  test('that is damaged is refused with the remedy, and can be destroyed', async () => {
    const directory = newDirectory()
    const first = await engine.open(directory, { keyspaces: ['orders'] })
    const batch = first.batch()
    for (let n = 0; n < 40_000; n += 1)
      batch.put('orders', utf8(`k${n}`), new Uint8Array(1000).fill(n))
    batch.write()
    for (let n = 0; n < 40_000; n += 1)
      batch.put('orders', utf8(`l${n}`), new Uint8Array(1000).fill(n))
    batch.write()
    await first.close()
    const manifest = readdirSync(directory).find((name) => name.startsWith('MANIFEST'))
    writeFileSync(join(directory, manifest ?? ''), 'not a manifest at all, not at all, not at all')
    const refused = { code: 'STORE_CORRUPT', remedy: expect.stringContaining('changelog') }
    await expect(engine.open(directory, { keyspaces: ['orders'] })).rejects.toMatchObject(refused)
    await engine.destroy(directory)
    expect(readdirSync(root)).not.toContain(directory.split('/').at(-1))
  })

  test('with a missing or cut table file is refused', async () => {
    for (const damage of [unlinkSync, (path: string) => truncateSync(path, 100)]) {
      const directory = newDirectory()
      const first = await engine.open(directory, {
        keyspaces: ['orders'],
        memoryBytes: 1024 * 1024,
      })
      for (let round = 0; round < 8; round += 1) {
        const batch = first.batch()
        for (let n = 0; n < 1_500; n += 1)
          batch.put('orders', utf8(`k${round}-${n}`), randomish(1000, n))
        batch.write()
      }
      await expect
        .poll(() => readdirSync(directory).filter((name) => name.endsWith('.sst')).length, {
          timeout: 10_000,
        })
        .toBeGreaterThan(0)
      await first.close()
      const folder = directory
      const table = readdirSync(folder).find((name) => name.endsWith('.sst'))
      damage(join(folder, table ?? ''))
      await expect(engine.open(directory, { keyspaces: ['orders'] })).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
      })
    }
  })

  test('tells the bytes of each keyspace, of a large one after some calls', async () => {
    const directory = newDirectory()
    const database = await engine.open(directory, { keyspaces: ['orders', 'fills'] })
    const batch = database.batch()
    for (let n = 0; n < 5_000; n += 1)
      batch.put('orders', utf8(String(n + 10_000)), new Uint8Array(95))
    batch.put('fills', utf8('12345'), new Uint8Array(95))
    batch.write()
    expect(database.sizeBytes('fills')).toBe(100)
    const walk = [1, 2, 3, 4].map(() => database.sizeBytes('orders'))
    expect(walk).toEqual([200_000, 400_000, 500_000, 500_000])
    await database.close()
  })

  test('keeps its write-ahead log short while one keyspace is rarely written', async () => {
    const directory = newDirectory()
    const memoryBytes = 4 * 1024 * 1024
    const database = await engine.open(directory, { keyspaces: ['orders', 'fills'], memoryBytes })
    const batch = database.batch()
    batch.put('fills', utf8('once'), new Uint8Array(10))
    for (let round = 0; round < 200; round += 1) {
      for (let n = 0; n < 1_000; n += 1) batch.put('orders', utf8(`k${n}`), new Uint8Array(300))
      batch.write()
    }
    const logBytes = () =>
      readdirSync(directory)
        .filter((name) => name.endsWith('.log'))
        .reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
    // 66 MB were written; what is kept is what write buffers still hold.
    await expect.poll(logBytes, { timeout: 10_000 }).toBeLessThan(memoryBytes * 1.5)
    await database.close()
  })

  test('of a newer format is refused', async () => {
    const directory = newDirectory()
    await (await engine.open(directory, { keyspaces: ['orders'] })).close()
    await withNative(directory, (binding, native) => {
      const batch = binding.batch_init()
      const newer = utf8('{"format":2,"keyspaces":[]}')
      binding.batch_put(batch, engineKey('keyspaces'), newer, {})
      binding.batch_write(native, batch, {})
    })
    await expect(engine.open(directory, { keyspaces: [] })).rejects.toMatchObject({
      code: 'STORE_FORMAT_TOO_NEW',
    })
    await withNative(directory, () => {})
  })
})

test('a platform without a prebuilt library is named with what to do', () => {
  expect(() => loadBinding('win32-x64')).toThrow(
    'STORE_UNSUPPORTED_PLATFORM: RocksDB has no prebuilt library that runs on win32-x64. Run on linux-x64 or darwin-arm64',
  )
})

function randomish(length: number, seed: number): Uint8Array {
  let state = seed + 1
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state >>> 16
  })
}
