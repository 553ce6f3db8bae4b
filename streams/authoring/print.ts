import { endRecords } from './operators.ts'
import type { Named } from './options.ts'

export interface PrintOptions<K, V> extends Named {
  /** Takes each line, without a line break: `console.log`, or a logger. */
  readonly write: (line: string) => void
  /** Default: the name of the node that is printed. */
  readonly label?: string
  /** Default: `key, value`. */
  readonly text?: (key: K, value: V) => string
}

export function printRecords<K, V>(label: string, options: PrintOptions<K, V>) {
  const { write, text = keyAndValue } = options
  return endRecords<K, V>((key, value) => write(`[${label}]: ${text(key, value)}`))
}

function keyAndValue(key: unknown, value: unknown): string {
  return `${shown(key)}, ${shown(value)}`
}

function shown(part: unknown): string {
  if (part === undefined) return 'null'
  return typeof part === 'string' ? part : (JSON.stringify(part) ?? String(part))
}
