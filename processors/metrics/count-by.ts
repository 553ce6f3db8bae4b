import type { ProcessorMetrics } from '#streams'

/** A counter with one label, of which all values are known. */
export interface CountedBy<V extends string> {
  readonly name: string
  readonly help: string
  readonly label: string
  readonly values: readonly V[]
}

/** Counts one (or as many as are said) under a value. */
export type CountUnder<V extends string> = (value: V, amount?: number) => void

/** Every value has its series from the start. What is none of them, as a later version may write it, counts as `other`: series stay as few as they are. */
export function countBy<V extends string>(
  metrics: ProcessorMetrics,
  { help, label, name, values }: CountedBy<V>,
): CountUnder<V> {
  const counterOf = (value: string) => metrics.counter(name, help, { [label]: value })
  const counters = new Map(values.map((value) => [value, counterOf(value)] as const))
  return (value, amount = 1) => {
    const counter = counters.get(value) ?? counterOf('other')
    counter.add(amount)
  }
}
