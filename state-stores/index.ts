export { memoryEngine } from './memory/memory-engine.ts'
export { rocksdbEngine } from './rocksdb/rocksdb-engine.ts'
