/** What a task's stores cost by themselves: first occurrences looked up and noted in a window store, values of known keys read and written. */
import { join } from 'node:path'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import {
  type KeyValueStore,
  keyValueStore,
  stringSerde,
  type WindowStore,
  windowStore,
} from '#streams'
import { CpuMeter, type CpuUse } from '../measuring/cpu.ts'
import { endStep, stepArgument } from '../measuring/step.ts'

export interface StoresArgument {
  readonly directory: string
  readonly records: number
  readonly keys: number
  readonly recordsPerCommit: number
  /** Of the backend; its own default when left out. */
  readonly cacheMebibytes?: number | undefined
}

export interface StoresResult {
  readonly use: CpuUse
  readonly peakRssMiB: number
  readonly faults: readonly string[]
}

const BUCKET_MS = 600_000
const EVENT_MS = 4
const FIRST_MS = 1_700_000_000_000
/** One record in so many repeats an earlier one. */
const REPEATED = 100

const { directory, records, keys, recordsPerCommit, cacheMebibytes } =
  stepArgument<StoresArgument>()
const seenSpec = windowStore({
  name: 'seen',
  keySerde: stringSerde,
  valueSerde: stringSerde,
  windowSizeMs: BUCKET_MS,
  retentionMs: 2 * BUCKET_MS,
})
const latestSpec = keyValueStore({
  name: 'latest',
  keySerde: stringSerde,
  valueSerde: stringSerde,
})
const backend = createStoreBackend(
  rocksdbEngine(),
  cacheMebibytes === undefined ? {} : { cacheBytesMax: cacheMebibytes * 1024 * 1024 },
)
const stores = await backend.open({
  taskId: '0_0',
  directory: join(directory, '0_0'),
  specs: [seenSpec, latestSpec],
  overlayBytesMax: 64 * 1024 * 1024,
})
// What the specs above make.
const seen = stores.get('seen').store as WindowStore<string, string>
const latest = stores.get('latest').store as KeyValueStore<string, string>

const value = 'x'.repeat(90)
const meter = new CpuMeter({})
let random = 1
let fresh = 0
let found = 0
for (let index = 0; index < records; index += 1) {
  // A repeat is of some thousand records before.
  const number = index % REPEATED === REPEATED - 1 ? Math.max(0, index - 5_050) : index
  const id = `fill-${(number * 7_368_787) % 100_000_007}`
  const bucketMs = Math.floor((FIRST_MS + index * EVENT_MS) / BUCKET_MS) * BUCKET_MS
  const isNew =
    seen.fetch(id, bucketMs) === undefined && seen.fetch(id, bucketMs - BUCKET_MS) === undefined
  if (isNew) {
    seen.put(id, ' ', bucketMs)
    fresh += 1
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0
    const key = `position-${(random >>> 8) % keys}`
    const before = latest.get(key)
    if (before !== undefined) found += 1
    latest.put(key, `${value}${before?.length ?? 0}`)
  }
  if (index % recordsPerCommit === recordsPerCommit - 1) commit()
}
commit()
const use = meter.read()

const faults: string[] = []
const first = Math.min(keys, fresh)
const repeats = Math.floor(records / REPEATED)
if (records - fresh > repeats || records - fresh < repeats - 60)
  faults.push(`${records - fresh} repeats were found of ${repeats}`)
const { entries } = stores.get('latest').digest()
if (entries > first || fresh - found !== entries)
  faults.push(`${entries} keys are kept, ${fresh - found} were new of at most ${first}`)
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1_024)
await stores.close()
endStep({ use, peakRssMiB, faults } satisfies StoresResult)

/** As the runtime does: the changes are read for the changelog, then written with the positions. */
function commit(): void {
  for (const name of ['seen', 'latest']) for (const _ of stores.get(name).changes());
  stores.commit(new Map())
}
