import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { lruModelRuns } from './conformance/lru-model.ts'
import { EXPIRED_ENTRIES_PER_COMMIT } from './conformance/model-run.ts'
import { sessionModelRuns } from './conformance/session-model.ts'
import { storeConformance } from './conformance/store-conformance.ts'
import { storeModelRuns } from './conformance/store-model.ts'
import { versionedModelRuns } from './conformance/versioned-model.ts'
import { windowModelRuns } from './conformance/window-model.ts'
import { memoryEngine } from './memory/memory-engine.ts'
import { rocksdbEngine } from './rocksdb/rocksdb-engine.ts'
import { createStoreBackend } from './store-backend.ts'

const root = mkdtempSync(join(tmpdir(), 'orion-stores-'))
let count = 0
const newDirectory = () => {
  count += 1
  return join(root, `task-${count}`)
}
afterAll(() => rmSync(root, { recursive: true, force: true }))

for (const [name, engine] of [
  ['memory', memoryEngine()],
  ['RocksDB', rocksdbEngine()],
] as const) {
  storeConformance(name, () => ({ backend: createStoreBackend(engine), newDirectory }))
  // A cache that holds next to nothing shows what it hides.
  const withSmallCache = () => ({
    backend: createStoreBackend(engine, {
      cacheBytesMax: 2_000,
      expiredEntriesPerCommit: EXPIRED_ENTRIES_PER_COMMIT,
    }),
    newDirectory,
  })
  storeModelRuns(name, withSmallCache)
  windowModelRuns(name, withSmallCache)
  sessionModelRuns(name, withSmallCache)
  versionedModelRuns(name, withSmallCache)
  lruModelRuns(name, withSmallCache)
}
