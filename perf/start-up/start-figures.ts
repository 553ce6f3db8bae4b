import { median, rounded } from '../measuring/percentiles.ts'
import type { TreeUse } from '../measuring/process-tree.ts'
import type { MeasuredStart, StartKind } from './measured-start.ts'

type Figures = Readonly<Record<string, unknown>>

/** Medians of all starts of a kind; times of those without a feed are left out, what they use is what a start costs that has nothing to do. */
export function startFigures(starts: readonly MeasuredStart[]): Figures {
  const of = (kind: StartKind) => starts.filter((start) => start.kind === kind)
  return {
    firstStart: timesOf(of('first')),
    nextStart: timesOf(of('next')),
    idleWithoutFeed: usesOf(of('without-feed')),
    idleWithFeed: usesOf(of('next')),
  }
}

function timesOf(starts: readonly MeasuredStart[]): Figures {
  return {
    ...medianOf('readySeconds', starts, ({ readySeconds }) => readySeconds),
    ...medianOf('healthySeconds', starts, ({ healthySeconds }) => healthySeconds),
    ...medianOf('firstPriceSeconds', starts, ({ firstPriceSeconds }) => firstPriceSeconds),
  }
}

/** Sums over the processes, and Orion's own and ClickHouse's, which are nearly all of it. */
function usesOf(starts: readonly MeasuredStart[]): Figures {
  const uses = starts.flatMap(({ after }) => after ?? [])
  const sum = (parts: Readonly<Record<string, number>>) =>
    Object.values(parts).reduce((total, part) => total + part, 0)
  const named = (name: string): Figures => ({
    ...medianOf(`${name}CpuPercentOfCore`, uses, ({ cpuPercentOf }) => cpuPercentOf[name]),
    ...medianOf(`${name}RssMiB`, uses, ({ rssMiBOf }) => rssMiBOf[name]),
  })
  return {
    ...medianOf('cpuPercentOfCore', uses, ({ cpuPercentOf }: TreeUse) => sum(cpuPercentOf)),
    ...medianOf('rssMiB', uses, ({ rssMiBOf }: TreeUse) => sum(rssMiBOf)),
    ...named('orion'),
    ...named('clickhouse'),
  }
}

/** Nothing where no run has it: a figure of nothing is none. */
function medianOf<One>(
  name: string,
  all: readonly One[],
  figure: (one: One) => number | undefined,
): Figures {
  const values = all.flatMap((one) => figure(one) ?? [])
  return values.length === 0 ? {} : { [name]: rounded(median(values)) }
}
