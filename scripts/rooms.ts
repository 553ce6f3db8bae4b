/**
 * The rooms of the house and what each may import, as data; `check-rooms.ts` enforces it. A room without an entry in another's `imports`
 * is out of its reach. `thirdParty` names packages that only the given folder may import.
 */
export interface Room {
  readonly imports: readonly string[]
}

const EVERY_ROOM = [
  'streams',
  'state-stores',
  'avro',
  'quant',
  'processors',
  'topics',
  'topologies',
  'feeds',
  'sink',
  'gateway',
  'sdk',
  'cli',
] as const

export const ROOMS: Readonly<Record<string, Room>> = {
  streams: { imports: [] },
  'state-stores': { imports: ['streams'] },
  avro: { imports: ['streams'] },
  quant: { imports: [] },
  topics: { imports: ['streams', 'avro'] },
  processors: { imports: ['streams', 'avro', 'quant'] },
  topologies: { imports: ['streams', 'avro', 'topics', 'processors'] },
  feeds: { imports: ['streams', 'avro', 'topics', 'processors'] },
  sink: { imports: ['streams', 'avro', 'topics'] },
  gateway: { imports: ['streams', 'avro', 'topics', 'sink'] },
  sdk: { imports: ['gateway'] },
  dashboard: { imports: ['sdk'] },
  conformance: { imports: ['streams', 'state-stores'] },
  simulation: { imports: ['streams', 'state-stores'] },
  cli: { imports: EVERY_ROOM },
  'crash-matrix': { imports: ['streams', 'state-stores', 'cli'] },
  examples: { imports: ['streams', 'state-stores'] },
  perf: { imports: EVERY_ROOM },
  scripts: { imports: EVERY_ROOM },
}

/** From these rooms another room sees only the named file. */
export const NARROW_DOORS: readonly {
  readonly from: string
  readonly to: string
  readonly only: string
}[] = [{ from: 'sdk', to: 'gateway', only: 'gateway/protocol.ts' }]

/** Third-party code stands behind one folder. Tests may use it directly to look from outside. */
export const THIRD_PARTY: Readonly<Record<string, string>> = {
  kafkajs: 'streams/log/kafka',
  '@nxtedition/rocksdb': 'state-stores/rocksdb',
  avsc: 'avro',
  '@kafkajs/confluent-schema-registry': 'avro',
  chdb: 'sink',
  '@clickhouse/client': 'sink',
  'uWebSockets.js': 'gateway',
  jose: '(gateway|sink)',
  pdfkit: 'gateway',
  pino: 'cli',
  'prom-client': 'cli',
  commander: 'cli',
  '@zip.js/zip.js': 'feeds',
  svelte: 'dashboard',
  echarts: 'perf/report',
}

/** The check fails when it saw fewer modules than this: a check over nothing is a failure. */
export const MODULES_MIN = 500
