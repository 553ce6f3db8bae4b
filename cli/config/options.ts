import { z } from 'zod'

/**
 * Every option of `orion start`, once: its flag, environment variable (`ORION_` and the name in capitals), key in the configuration
 * file (the name itself), default, bounds and a sentence with the unit. Parser, `--help`, start-up log and reference page derive from it.
 */
export interface OptionSpec {
  /** As commander wants it. */
  readonly flag: string
  readonly env: string
  readonly schema: z.ZodType
  readonly doc: string
  /** Given several times on the command line, separated by commas in the environment. */
  readonly list?: true
  /** Where the parsed default would read worse. */
  readonly shownDefault?: string
}

const BYTES = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|TB)?$/i
const BYTE_UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 }

const port = z.coerce.number().int().min(0).max(65_535)
const url = z.url({ protocol: /^https?$/ })

const bytes = z
  .string()
  .regex(BYTES, 'a size such as 500MB or 5GB')
  .transform((text) => {
    const [, amount = '0', unit = 'B'] = BYTES.exec(text) ?? []
    return Math.floor(Number(amount) * (BYTE_UNITS[unit.toUpperCase()] ?? 1))
  })

const INSTANT = 'an ISO 8601 time such as 2026-03-02T09:00:00Z, or ms since the epoch'
const instant = z
  .union([z.iso.datetime({ offset: true, error: INSTANT }), z.coerce.number().int().min(0)], {
    error: INSTANT,
  })
  .transform((value) => (typeof value === 'number' ? value : Date.parse(value)))

const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0', 'on', 'off'])], {
    error: 'true or false',
  })
  .transform((value) => [true, 'true', '1', 'on'].includes(value))

export const OPTIONS = {
  host: {
    flag: '--host <address>',
    env: 'ORION_HOST',
    schema: z.string().min(1).max(255).default('127.0.0.1'),
    doc: 'Address that gateway, SQL port and registry listen on.',
  },
  port: {
    flag: '--port <port>',
    env: 'ORION_PORT',
    schema: port.default(8080),
    doc: 'Gateway and dashboard; 0 picks a free one.',
  },
  sqlPort: {
    flag: '--sql-port <port>',
    env: 'ORION_SQL_PORT',
    schema: port.default(8123),
    doc: "ClickHouse's HTTP protocol over the embedded engine; 0 picks a free one.",
  },
  registryPort: {
    flag: '--registry-port <port>',
    env: 'ORION_REGISTRY_PORT',
    schema: port.default(8081),
    doc: 'REST API of the embedded schema registry; 0 picks a free one.',
  },
  dataDir: {
    flag: '--data-dir <directory>',
    env: 'ORION_DATA_DIR',
    schema: z.string().min(1).default('.orion'),
    doc: 'Everything that is kept: log, stores, schemas, ClickHouse, keys.',
  },
  env: {
    flag: '--env <name>',
    env: 'ORION_ENV',
    schema: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,19}$/, 'up to 20 small letters, digits and dashes, a letter first')
      .default('dev'),
    doc: 'First part of every topic name. Demo users exist in dev only.',
  },
  role: {
    flag: '--role <role>',
    env: 'ORION_ROLE',
    schema: z.enum(['all', 'feeds', 'streams', 'sink', 'gateway']).default('all'),
    doc: 'What this process runs: all, feeds, streams, sink or gateway.',
  },
  topology: {
    flag: '--topology <name>',
    env: 'ORION_TOPOLOGY',
    list: true,
    schema: z.array(z.string().min(1)).default([]),
    doc: 'Topologies to run (repeat it); all when left out.',
  },
  threads: {
    flag: '--threads <n>',
    env: 'ORION_THREADS',
    schema: z.coerce.number().int().min(1).max(64).default(1),
    doc: 'Stream threads per topology; those beyond the first are worker threads, with a core each (not with --query-port).',
  },
  standbyReplicas: {
    flag: '--standby-replicas <n>',
    env: 'ORION_STANDBY_REPLICAS',
    schema: z.coerce.number().int().min(0).max(10).default(0),
    doc: 'Instances that follow the state of each task beside the one that runs it.',
  },
  instanceId: {
    flag: '--instance-id <name>',
    env: 'ORION_INSTANCE_ID',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,100}$/, 'letters, digits, . _ -')
      .optional(),
    doc: 'Static membership: stopped and back within the session time-out, an instance has its tasks again and no other notices. Different for each instance.',
  },
  sessionTimeoutMs: {
    flag: '--session-timeout-ms <ms>',
    env: 'ORION_SESSION_TIMEOUT_MS',
    schema: z.coerce.number().int().min(1_000).max(300_000).default(10_000),
    doc: 'An instance that is not heard of for this long loses its tasks, in ms. With --instance-id longer than a restart takes, e.g. 45000.',
  },
  queryPort: {
    flag: '--query-port <port>',
    env: 'ORION_QUERY_PORT',
    schema: port.optional(),
    doc: 'Answers queries of stores here, routed between instances; needs --brokers and ORION_QUERY_SECRET. 0 picks a free one; off when left out.',
  },
  queryHost: {
    flag: '--query-host <name>',
    env: 'ORION_QUERY_HOST',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9.-]{1,255}$/, 'a host name or an address')
      .optional(),
    doc: 'Name under which other instances reach --query-port; --host when left out.',
  },
  guarantee: {
    flag: '--guarantee <mode>',
    env: 'ORION_GUARANTEE',
    schema: z.enum(['exactly_once', 'exactly_once_v2', 'at_least_once']).default('exactly_once_v2'),
    doc: 'Processing guarantee: exactly_once (the same as exactly_once_v2) or at_least_once.',
  },
  commitIntervalMs: {
    flag: '--commit-interval-ms <ms>',
    env: 'ORION_COMMIT_INTERVAL_MS',
    schema: z.coerce.number().int().min(1).max(60_000).default(100),
    doc: 'Longest time between commits, in ms. Lower is fresher, higher is cheaper.',
  },
  feed: {
    flag: '--feed <feed>',
    env: 'ORION_FEED',
    schema: z.enum(['simulator', 'replay', 'none']).default('simulator'),
    doc: 'Where market data come from: simulator, replay or none.',
  },
  rate: {
    flag: '--rate <ticks>',
    env: 'ORION_RATE',
    schema: z.coerce.number().min(0.1).max(1_000_000).default(500),
    doc: 'Ticks per second of the simulator, over all instruments.',
  },
  instruments: {
    flag: '--instruments <n>',
    env: 'ORION_INSTRUMENTS',
    schema: z.coerce.number().int().min(1).max(5_000).default(500),
    doc: 'Instruments of the simulator.',
  },
  seed: {
    flag: '--seed <n>',
    env: 'ORION_SEED',
    schema: z.coerce
      .number()
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .optional(),
    doc: 'Seed of the simulator; the same seed, start time and ticks repeat a run exactly. Chosen and logged when left out.',
  },
  startTime: {
    flag: '--start-time <time>',
    env: 'ORION_START_TIME',
    schema: instant.optional(),
    doc: 'First event time of the simulator: ISO 8601, or ms since the epoch. Now when left out.',
  },
  ticks: {
    flag: '--ticks <n>',
    env: 'ORION_TICKS',
    schema: z.coerce.number().int().min(1).max(1e9).optional(),
    doc: 'Ends after this many ticks of the simulator have gone through everything.',
  },
  replay: {
    flag: '--replay <path>',
    env: 'ORION_REPLAY',
    schema: z.string().min(1).optional(),
    doc: 'File or directory of recorded market data for --feed replay.',
  },
  speed: {
    flag: '--speed <factor>',
    env: 'ORION_SPEED',
    schema: z
      .union([z.literal('max'), z.coerce.number().min(0.01).max(1e6)], {
        error: 'a factor from 0.01 to 1000000, or max',
      })
      .default(1),
    doc: 'Speed of replay: 1 is real time, max is as fast as possible.',
  },
  lpBots: {
    flag: '--lp-bots <mode>',
    env: 'ORION_LP_BOTS',
    schema: z.enum(['on', 'off']).default('on'),
    doc: 'Whether bots quote for the liquidity providers that are configured as bots: on or off.',
  },
  exitWhenDone: {
    flag: '--exit-when-done',
    env: 'ORION_EXIT_WHEN_DONE',
    schema: flag.default(false),
    doc: 'Ends when the feed has ended and everything is processed and sunk.',
  },
  brokers: {
    flag: '--brokers <list>',
    env: 'ORION_BROKERS',
    schema: z
      .string()
      .regex(/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/, 'host:port, separated by commas')
      .optional(),
    doc: 'Kafka brokers, host:port separated by commas; the embedded log when left out.',
  },
  registry: {
    flag: '--registry <url>',
    env: 'ORION_REGISTRY',
    schema: url.optional(),
    doc: 'Confluent-compatible schema registry; the embedded one when left out.',
  },
  clickhouse: {
    flag: '--clickhouse <url>',
    env: 'ORION_CLICKHOUSE',
    schema: url.optional(),
    doc: 'ClickHouse server, http(s)://user:password@host:port; the embedded engine when left out.',
  },
  settlementFailureProbability: {
    flag: '--settlement-failure-probability <p>',
    env: 'ORION_SETTLEMENT_FAILURE_PROBABILITY',
    schema: z.coerce.number().min(0).max(1).default(0.02),
    doc: 'Part of the simulated settlement attempts that fail, 0 to 1.',
  },
  settlementAttempts: {
    flag: '--settlement-attempts <n>',
    env: 'ORION_SETTLEMENT_ATTEMPTS',
    schema: z.coerce.number().int().min(1).max(100).default(5),
    doc: 'Settlement attempts for a trade; a failure of the last one is final.',
  },
  settlementDelayMs: {
    flag: '--settlement-delay-ms <ms>',
    env: 'ORION_SETTLEMENT_DELAY_MS',
    schema: z.coerce.number().int().min(0).max(86_400_000).default(3_000),
    doc: 'From confirmation to the first settlement attempt, in ms: attempts are simulated now, not at the settlement date.',
  },
  settlementRetryMs: {
    flag: '--settlement-retry-ms <ms>',
    env: 'ORION_SETTLEMENT_RETRY_MS',
    schema: z.coerce.number().int().min(1).max(3_600_000).default(500),
    doc: 'From the first failed settlement attempt to the next, in ms; further ones wait 2, 4, 10 and 20 times as long.',
  },
  settlementSeed: {
    flag: '--settlement-seed <n>',
    env: 'ORION_SETTLEMENT_SEED',
    schema: z.coerce
      .number()
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(1),
    doc: 'Which settlement attempts fail follows from seed, trade and attempt.',
  },
  diskMax: {
    flag: '--disk-max <size>',
    env: 'ORION_DISK_MAX',
    shownDefault: '5GB',
    schema: bytes.prefault('5GB').refine((size) => size >= 1e9, 'at least 1GB'),
    doc: 'Bound on the disk that log and ClickHouse use, e.g. 5GB; the oldest records go first.',
  },
  logLevel: {
    flag: '--log-level <level>',
    env: 'ORION_LOG_LEVEL',
    schema: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    doc: 'Least level of the log lines on stderr.',
  },
} satisfies Readonly<Record<string, OptionSpec>>

export type OptionName = keyof typeof OPTIONS

export type Config = {
  readonly [Name in OptionName]: z.output<(typeof OPTIONS)[Name]['schema']>
}
