import { homedir } from 'node:os'
import { join } from 'node:path'

export const KAFKA_VERSIONS = ['4.3.1', '3.9.2'] as const
export type KafkaVersion = (typeof KAFKA_VERSIONS)[number]

export interface KafkaOptions {
  /** Brokers, each a controller too: 1 or 3. Default 1. */
  readonly brokers?: 1 | 3
  /** Port of the first broker; node i listens on port + 2(i-1), its controller one above. Default 19092. */
  readonly port?: number
  readonly version?: KafkaVersion
  /** Where the nodes keep their logs. Default: in the cache directory, by port. */
  readonly dataDir?: string
  /** Where libraries are kept. Default: `ORION_CACHE_DIR`, else `~/.cache/orion`. */
  readonly cacheDir?: string
  /** Of each node's JVM, in MiB. Default 512. */
  readonly heapMb?: number
  /** Further lines of `server.properties`; they replace the launcher's own. */
  readonly settings?: Readonly<Record<string, string>>
  /** Where `ORION_CACHE_DIR` is looked up. */
  readonly environment?: NodeJS.ProcessEnv
  /** Told what is being done, a sentence at a time. */
  readonly onProgress?: (message: string) => void
}

export interface KafkaPlan {
  readonly brokers: 1 | 3
  readonly port: number
  readonly version: KafkaVersion
  readonly dataDir: string
  readonly librariesDir: string
  readonly heapMb: number
  readonly settings: Readonly<Record<string, string>>
  readonly onProgress: (message: string) => void
}

export interface KafkaNode {
  readonly id: number
  readonly port: number
  readonly dir: string
}

/** The options with every default decided. */
export function planKafka(options: KafkaOptions): KafkaPlan {
  const cache =
    options.cacheDir ??
    options.environment?.['ORION_CACHE_DIR'] ??
    join(homedir(), '.cache', 'orion')
  const port = options.port ?? 19_092
  const version = options.version ?? KAFKA_VERSIONS[0]
  return {
    brokers: options.brokers ?? 1,
    port,
    version,
    dataDir: options.dataDir ?? join(cache, 'kafka', `data-${port}`),
    librariesDir: join(cache, 'kafka', version),
    heapMb: options.heapMb ?? 512,
    settings: options.settings ?? {},
    onProgress: options.onProgress ?? (() => {}),
  }
}

export function nodesOf(plan: KafkaPlan): readonly KafkaNode[] {
  return Array.from({ length: plan.brokers }, (_, index) => ({
    id: index + 1,
    port: plan.port + 2 * index,
    dir: join(plan.dataDir, `n${index + 1}`),
  }))
}
