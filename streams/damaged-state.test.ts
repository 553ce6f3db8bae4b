import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { rocksdbEngine } from '#state-stores'
import { AppHarness, caughtUp, until } from './fixtures/app-harness.ts'
import { sumTopology, totalsSpec } from './fixtures/sample-topology.ts'
import { type Logger, silentLogger } from './logger.ts'
import type { Topology } from './topology.ts'

let place: AppHarness | undefined

afterEach(async () => {
  await place?.close()
  place = undefined
})

const AMOUNTS = Array.from({ length: 3_000 }, (_, index) => ({
  key: `key-${index % 500}`,
  value: index,
}))

/** An application that has processed everything and is closed, with its table files written. */
async function closedApplication(topology: Topology = sumTopology()) {
  place = await AppHarness.open(rocksdbEngine())
  await place.createTopics(1, 'amounts', 'totals')
  await place.produce('amounts', AMOUNTS)
  const first = await place.start(topology)
  await caughtUp(first)
  const digests = first.checksum('totals').map(({ entries, digest }) => ({ entries, digest }))
  await first.close()
  // What is in the write-ahead log becomes a table file at the next opening.
  const again = await place.start(topology)
  await again.close()
  return { place, digests, directory: join(place.directory, 'state', topology.name, '0_0') }
}

function damage(directory: string, files: RegExp): void {
  const damaged = readdirSync(directory).filter((name) => files.test(name))
  expect(damaged.length).toBeGreaterThan(0)
  for (const name of damaged) {
    const path = join(directory, name)
    const bytes = readFileSync(path)
    bytes.fill(0xa5, Math.floor(bytes.length / 4), Math.ceil(bytes.length / 2))
    writeFileSync(path, bytes)
  }
}

function remembering(): { readonly logger: Logger; readonly warnings: string[] } {
  const warnings: string[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (_fields, message) => void warnings.push(message),
    child: () => logger,
  }
  return { logger, warnings }
}

test.each([
  ['the manifest', /^MANIFEST/],
  ['table files', /\.sst$/],
])(
  '%s overwritten: the stores are restored from their changelogs, and the operator is told',
  async (_what, files) => {
    const { place: app, digests, directory } = await closedApplication()
    damage(directory, files)
    const { logger, warnings } = remembering()
    const streams = await app.start(sumTopology(), { logger })
    await app.produce('amounts', [{ key: 'key-7', value: 0 }])
    await until(() => warnings.some((message) => /damaged/.test(message)))
    await caughtUp(streams)
    const found = streams.checksum('totals').map(({ entries, digest }) => ({ entries, digest }))
    expect(found).toEqual(digests)
  },
)

test('a damaged store without a changelog stops the application with the remedy', async () => {
  const [sub] = sumTopology().subTopologies
  if (sub === undefined) throw new Error('no sub-topology')
  const unlogged = {
    ...sumTopology(),
    subTopologies: [{ ...sub, stores: [{ ...totalsSpec, logged: false }] }],
  }
  const { place: app, directory } = await closedApplication(unlogged)
  damage(directory, /^MANIFEST/)
  const streams = app.app(unlogged)
  await streams.start()
  await expect(streams.reached('RUNNING')).rejects.toMatchObject({
    code: 'STORE_CORRUPT',
    remedy: expect.stringMatching(/Delete the directory.*backup/),
  })
  expect(readdirSync(directory).some((name) => name.startsWith('MANIFEST'))).toBe(true)
})

test('a damaged log is not touched: it is nowhere else', async () => {
  const { place: app } = await closedApplication()
  await app.log.close()
  const directory = join(app.directory, 'log')
  damage(directory, /^MANIFEST/)
  const before = readdirSync(directory).sort()
  await expect(app.reopened()).rejects.toMatchObject({
    code: 'STORE_CORRUPT',
    remedy: expect.stringMatching(/backup/),
  })
  expect(
    readdirSync(directory)
      .filter((name) => /\.sst$|^MANIFEST/.test(name))
      .sort(),
  ).toEqual(before.filter((name) => /\.sst$|^MANIFEST/.test(name)))
  app.remove()
  place = undefined
})
