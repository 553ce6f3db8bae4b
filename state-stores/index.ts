export { memoryEngine } from './memory/memory-engine.ts'
export { rocksdbEngine } from './rocksdb/rocksdb-engine.ts'
export { createStoreBackend, type StoreBackendOptions } from './store-backend.ts'
