import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Command } from 'commander'

const BENCH = join(import.meta.dirname, '..', '..', 'perf', 'main.ts')

/** Benchmarks are a program of their own, which nothing imports: this one only starts it. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('runs a benchmark; see orion bench --help for their names and options')
    .argument('[name]', 'scenario: ticks, latency, fan-out, rfq and others')
    .argument('[options...]', 'of the scenario')
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action((_name: string | undefined, _given: string[], _options: object, command: Command) => {
      const child = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', BENCH, ...command.args],
        { stdio: 'inherit' },
      )
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.on(signal, () => child.kill(signal))
      }
      child.on('exit', (code) => process.exit(code ?? 1))
    })
}
