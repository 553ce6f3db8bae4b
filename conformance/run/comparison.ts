import type { CaseEntry } from '../grammar/case.ts'

/** The first place where what came out is not what was recorded; a side is undefined where it has nothing more. */
export interface Difference {
  readonly index: number
  readonly expected: CaseEntry | undefined
  readonly got: CaseEntry | undefined
}

/** Record by record, in order. */
export function firstDifference(
  expected: readonly CaseEntry[],
  got: readonly CaseEntry[],
): Difference | undefined {
  const length = Math.max(expected.length, got.length)
  for (let index = 0; index < length; index++) {
    if (entryText(expected[index]) !== entryText(got[index])) {
      return { index, expected: expected[index], got: got[index] }
    }
  }
  return undefined
}

/** In any order: both sides are sorted first. */
export function firstDifferenceOfSets(
  expected: readonly CaseEntry[],
  got: readonly CaseEntry[],
): Difference | undefined {
  return firstDifference(expected.toSorted(byText), got.toSorted(byText))
}

/** Whether `got` has all that was expected, in its order, and perhaps more between. */
export function hasAllInOrder(expected: readonly CaseEntry[], got: readonly CaseEntry[]): boolean {
  let found = 0
  for (const entry of got) {
    if (found < expected.length && entryText(expected[found]) === entryText(entry)) found++
  }
  return found === expected.length
}

/** One line of JSON, properties in a fixed order; `nothing` where there is no entry. */
export function entryText(entry: CaseEntry | undefined): string {
  if (entry === undefined) return 'nothing'
  const { key, value, timestamp } = entry
  const window =
    key !== null && typeof key === 'object' ? { key: key.key, window: key.window } : key
  return JSON.stringify({ key: window, value, timestamp })
}

function byText(left: CaseEntry, right: CaseEntry): number {
  const [a, b] = [entryText(left), entryText(right)]
  return a < b ? -1 : a > b ? 1 : 0
}
