/** How settlement is simulated. Requests carry all of it, so that attempts repeat whatever the settings are by then. */
export interface SettlementSettings {
  /** From confirmation to the first attempt, ms: attempts are simulated now, not at the settlement date. */
  readonly delayMs: number
  /** Of one attempt, 0 to 1. */
  readonly failureProbability: number
  readonly attemptsMax: number
  /** Between a failed attempt and the next, ms, by the number of the failure; the last one for all further ones. */
  readonly retryDelaysMs: readonly number[]
  /** Which attempts fail follows from seed, trade and number of the attempt. */
  readonly seed: number
}

const RETRY_FACTORS = [1, 2, 4, 10, 20]

/** 0.5, 1, 2, 5 and 10 s where the first is 500 ms. */
export function retryDelaysMs(firstMs: number): readonly number[] {
  return RETRY_FACTORS.map((factor) => factor * firstMs)
}

export const DEFAULT_SETTLEMENT: SettlementSettings = {
  delayMs: 3_000,
  failureProbability: 0.02,
  attemptsMax: 5,
  retryDelaysMs: retryDelaysMs(500),
  seed: 1,
}
