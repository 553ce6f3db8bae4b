import { median, rounded } from '../measuring/percentiles.ts'

/** One run at one place of a curve. */
export interface CurveSample {
  /** Where: what grows along the curve, by name. */
  readonly at: Readonly<Record<string, number>>
  readonly figures: Readonly<Record<string, number>>
}

/** A place of a curve with its figures beside it, by plain names. */
export type CurvePoint = Readonly<Record<string, number>>

/** Medians of all runs at a place, in the order in which places first occur. A figure that a run does not have is left out of its median. */
export function pointsOf(samples: readonly CurveSample[]): readonly CurvePoint[] {
  const places = new Map<string, CurveSample[]>()
  for (const sample of samples) {
    const name = JSON.stringify(sample.at)
    places.set(name, [...(places.get(name) ?? []), sample])
  }
  return [...places.values()].map((runs) => {
    const names = new Set(runs.flatMap(({ figures }) => Object.keys(figures)))
    const medians = [...names].map((name) => [
      name,
      rounded(median(runs.flatMap(({ figures }) => figures[name] ?? []))),
    ])
    return { ...runs[0]?.at, runs: runs.length, ...Object.fromEntries(medians) }
  })
}

/** `1,2,4,8`. */
export function numbersOf(text: string): readonly number[] {
  return text.split(',').map(Number)
}
