import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The program that runs cases on the real Kafka Streams, and makes fresh ones. It lies beside the repository, in `shared/oracle`. */
export interface Oracle {
  readonly command: string
}

/** What this machine lacks for it. */
export interface OracleMissing {
  readonly missing: string
}

/** What the oracle can generate; `null-key-join` is in the recorded cases alone. */
export const GENERATED_CATEGORIES = [
  'stateless',
  'punctuation',
  'stream-aggregate',
  'table-aggregate',
  'cogroup',
  'windowed-tumbling',
  'windowed-hopping',
  'windowed-sliding',
  'windowed-session',
  'stream-stream-join',
  'stream-table-join',
  'table-table-join',
  'foreign-key-join',
  'suppress',
  'multi-step',
] as const

/** @param shared the folder beside the repository that holds `oracle/` */
export function findOracle(shared: string): Oracle | OracleMissing {
  const command = resolve(join(shared, 'oracle', 'oracle'))
  if (!existsSync(command)) return { missing: `there is no ${command}` }
  for (const [program, flag] of [
    ['java', '-version'],
    ['mvn', '-version'],
  ] as const) {
    if (spawnSync(program, [flag], { stdio: 'ignore' }).status !== 0) {
      return { missing: `${program} does not run here` }
    }
  }
  return { command }
}

export interface Generation {
  readonly category: string
  readonly seed: number
  readonly count: number
  /** Where the cases go. */
  readonly out: string
}

/** Fresh random cases with what Kafka Streams emitted for them; the same seed, count and category give the same file. */
export async function generateCases({ command }: Oracle, generation: Generation): Promise<void> {
  const { category, seed, count, out } = generation
  const args = ['generate', '--seed', `${seed}`, '--count', `${count}`, '--category', category, out]
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const complaints: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text))
  const code = await new Promise<number>((done, fail) => {
    child.on('error', fail)
    child.on('close', (status) => done(status ?? 1))
  })
  if (code !== 0) {
    const tail = complaints.join('').slice(-2_000)
    throw new Error(`the oracle ended with status ${code} for ${args.join(' ')}: ${tail}`)
  }
}
