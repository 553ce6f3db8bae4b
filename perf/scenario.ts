import { z } from 'zod'

/** One option of a scenario; the parser and `--help` derive from it. */
export interface BenchOption {
  /** With the default, e.g. `z.coerce.number().default(1)`; `z.boolean()` for a flag without a value. */
  readonly schema: z.ZodType
  /** In a sentence, with the unit. */
  readonly doc: string
}

export type BenchOptions = Readonly<Record<string, BenchOption>>

export type Values<Options extends BenchOptions> = {
  readonly [Name in keyof Options]: z.output<Options[Name]['schema']>
}

/** One measurement, before machine and versions are added. */
export interface Measurement {
  readonly configuration: Readonly<Record<string, unknown>>
  readonly seed: number
  /** What was done and thrown away before measuring. */
  readonly warmUp: string
  readonly runs: number
  /** What the figures were made of. */
  readonly samples: unknown
  readonly figures: Readonly<Record<string, unknown>>
  readonly outputVerified: boolean
  /** What was wrong with the output, a sentence each. */
  readonly faults: readonly string[]
}

export interface Bench {
  /** A directory that is deleted at the end. */
  directory(): string
  /** On stderr, a sentence. */
  progress(message: string): void
  report(measurement: Measurement): void
  /** Arguments of Node for the measured process: `--cpu-prof` where a profile was asked for. */
  readonly nodeArguments: readonly string[]
  /** Whether the process was told to end. */
  readonly signal: AbortSignal
}

export interface Scenario {
  readonly name: string
  /** What it answers. */
  readonly question: string
  readonly options: BenchOptions
  readonly run: (given: Readonly<Record<string, unknown>>, bench: Bench) => Promise<void>
}

export function scenario<const Options extends BenchOptions>(definition: {
  readonly name: string
  readonly question: string
  readonly options: Options
  readonly run: (values: Values<Options>, bench: Bench) => Promise<void>
}): Scenario {
  const { options, run } = definition
  const schema = z.object(
    Object.fromEntries(Object.entries(options).map(([name, option]) => [name, option.schema])),
  )
  return {
    ...definition,
    // The object of schemas yields exactly the values that the options declare.
    run: (given, bench) => run(schema.parse(given) as Values<Options>, bench),
  }
}

export const seedOption: BenchOption & { readonly schema: z.ZodType<number> } = {
  schema: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(42),
  doc: 'Seed of the simulated market.',
}

/** Which logs to measure, and where Kafka is. */
export const logOptions = {
  log: {
    schema: z.enum(['embedded', 'kafka', 'both']).optional(),
    doc: 'embedded, kafka or both; embedded unless --kafka or --brokers is given.',
  },
  brokers: {
    schema: z.string().optional(),
    doc: 'Kafka brokers, host:port separated by commas; topics named bench-* are left on them.',
  },
  kafka: {
    schema: z.boolean().default(false),
    doc: 'Starts a local broker for the time of the measurement (needs Java 17 and Maven).',
  },
} as const satisfies BenchOptions
