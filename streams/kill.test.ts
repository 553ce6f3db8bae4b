import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { memoryEngine, rocksdbEngine } from '#state-stores'
import { type Amount, AppHarness, caughtUp } from './fixtures/app-harness.ts'
import { sumTopology, TimedSumProcessor } from './fixtures/sample-topology.ts'

const PARTITIONS = 3
const KILLS = 6
const CHILD = fileURLToPath(new URL('fixtures/kill-child.ts', import.meta.url))

const AMOUNTS: readonly Amount[] = Array.from({ length: 60_000 }, (_, index) => ({
  key: `key-${index % 97}`,
  value: index,
  timestampMs: 1_000 + index,
}))

/** Numbers from 0 to 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Values by key: a key is written by one task, so their order is the same in every run. */
async function outputs(place: AppHarness): Promise<Record<string, string[]>> {
  const byKey: Record<string, string[]> = {}
  for (const { key = '', value, timestampMs } of await place.read('totals')) {
    const values = byKey[key] ?? []
    byKey[key] = values
    values.push(`${value}@${timestampMs}`)
  }
  return byKey
}

async function filled(place: AppHarness): Promise<AppHarness> {
  await place.createTopics(PARTITIONS, 'amounts', 'totals')
  await place.produce('amounts', AMOUNTS)
  return place
}

/** Runs the application in a process of its own; kills it after a while, or lets it finish. */
async function runChild(directory: string, killAfterMs: number | undefined): Promise<string> {
  const child = spawn(process.execPath, [CHILD, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  let timer: NodeJS.Timeout | undefined
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
    if (killAfterMs === undefined || timer !== undefined) return
    timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  })
  await once(child, 'close')
  clearTimeout(timer)
  return printed
}

test('killed at random moments under load, it leaves what an uninterrupted run leaves', async () => {
  const calm = await filled(await AppHarness.open(memoryEngine()))
  const streams = await calm.start(sumTopology(() => new TimedSumProcessor()))
  await caughtUp(streams)
  const expectedOutputs = await outputs(calm)
  const expectedContents = streams
    .checksum('totals')
    .map(({ partition, entries, digest }) => ({ partition, entries, digest }))
  await calm.close()

  const place = await filled(await AppHarness.open(rocksdbEngine()))
  try {
    const { directory } = place
    await place.log.close()
    const seed = 20_261_121
    const next = random(seed)
    let killed = 0
    let finished: string | undefined
    while (killed < KILLS && finished === undefined) {
      const printed = await runChild(directory, 30 + Math.floor(next() * 200))
      if (printed.includes('[')) finished = printed
      else killed++
    }
    expect(
      killed,
      `seed ${seed}: the input was processed before the process could be killed`,
    ).toBeGreaterThan(2)
    finished ??= await runChild(directory, undefined)
    const contents: unknown = JSON.parse(finished.split('\n')[1] ?? '')
    expect(contents).toMatchObject(expectedContents)
    const after = await place.reopened()
    expect(await outputs(after)).toEqual(expectedOutputs)
    await after.log.close()
  } finally {
    place.remove()
  }
}, 120_000)
