import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { engineConformance } from '../engine-conformance.ts'
import { loadBinding } from './binding.ts'
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
    const binding = loadBinding()
    const native = binding.db_init(join(directory, 'rocksdb'))
    const options = {
      compaction: 'level',
      memtableMemoryBudget: 4e6,
      cacheSize: 0,
      compression: false,
    } as const
    const columns = await new Promise<ReadonlyMap<string, never>>((resolve, reject) =>
      binding.db_open(
        native,
        {
          createIfMissing: false,
          walCompression: false,
          parallelism: 1,
          columns: { default: options, orders: options },
        },
        (error, opened) =>
          error ? reject(error) : resolve(new Map(Object.entries(opened ?? {})) as never),
      ),
    )
    const [orders, intents] = [columns.get('orders'), columns.get('default')]
    if (orders === undefined || intents === undefined) throw new Error('a column family is missing')
    const owed = binding.batch_init()
    putIntent(binding, owed, intents, [
      { keyspace: 'orders', column: orders, from: utf8('k1'), to: utf8('k4') },
    ])
    binding.batch_write(native, owed, {})
    await new Promise((resolve) => binding.db_close(native, resolve))
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

  test('opens when the list of keyspaces was lost', async () => {
    const directory = newDirectory()
    const first = await engine.open(directory, { keyspaces: ['orders', 'fills'] })
    const batch = first.batch()
    batch.put('fills', utf8('a'), utf8('1'))
    batch.write()
    await first.close()
    unlinkSync(join(directory, 'keyspaces.json'))
    const database = await engine.open(directory, { keyspaces: ['orders'] })
    expect([...database.keyspaces()].sort()).toEqual(['fills', 'orders'])
    expect(database.get('fills', utf8('a'))).toBeDefined()
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
    const manifest = readdirSync(join(directory, 'rocksdb')).find((name) =>
      name.startsWith('MANIFEST'),
    )
    writeFileSync(
      join(directory, 'rocksdb', manifest ?? ''),
      'not a manifest at all, not at all, not at all',
    )
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
        .poll(() => first.sizeBytes('orders'), { timeout: 10_000 })
        .toBeGreaterThan(1_000_000)
      await first.close()
      const folder = join(directory, 'rocksdb')
      const table = readdirSync(folder).find((name) => name.endsWith('.sst'))
      damage(join(folder, table ?? ''))
      await expect(engine.open(directory, { keyspaces: ['orders'] })).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
      })
    }
  })

  test('tells the bytes of each keyspace', async () => {
    const directory = newDirectory()
    const database = await engine.open(directory, {
      keyspaces: ['orders', 'fills'],
      memoryBytes: 1024 * 1024,
    })
    for (let round = 0; round < 12; round += 1) {
      const batch = database.batch()
      for (let n = 0; n < 1_000; n += 1)
        batch.put('orders', utf8(`k${round}-${n}`), randomish(1000, n))
      batch.write()
    }
    await expect
      .poll(() => database.sizeBytes('orders'), { timeout: 10_000 })
      .toBeGreaterThan(2_000_000)
    expect(database.sizeBytes('fills')).toBe(0)
    await database.close()
  })

  test('of a newer format is refused', async () => {
    const directory = newDirectory()
    await (await engine.open(directory, { keyspaces: ['orders'] })).close()
    writeFileSync(join(directory, 'keyspaces.json'), '{"format":2,"keyspaces":[]}')
    await expect(engine.open(directory, { keyspaces: [] })).rejects.toMatchObject({
      code: 'STORE_FORMAT_TOO_NEW',
    })
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
