import type { Result } from './result-file.ts'

/** Figures of one result as aligned lines; nested figures by dotted name. Samples stay in the file. */
export function printTable({
  scenario,
  configuration,
  figures,
  machine,
  outputVerified,
  faults,
}: Result): string {
  const rows = [...flat('', figures)]
  const width = Math.max(...rows.map(([name]) => name.length))
  const head = Object.entries(configuration)
    .map(
      ([name, value]) =>
        `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
    )
    .join(', ')
  return [
    `${scenario}: ${head} (${machine.cpus} cpus, load before ${machine.loadAverageBefore[0]})`,
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    `  output ${outputVerified ? 'verified' : `WRONG: ${faults.join('; ')}`}`,
    '',
  ].join('\n')
}

function* flat(prefix: string, value: unknown): Generator<readonly [string, string]> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value))
      yield* flat(prefix === '' ? name : `${prefix}.${name}`, inner)
  } else if (value !== undefined) {
    yield [
      prefix,
      typeof value === 'number' ? value.toLocaleString('en-US') : JSON.stringify(value),
    ]
  }
}
