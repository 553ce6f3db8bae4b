import type { Blow } from './blows.ts'

const GONE_MS = 60_000
/** Of work between two blows, and before the first one. */
const WORK_MS = 4_000

/** Of these the instances are static members of their group. */
export const WITH_STATIC_MEMBERS: ReadonlySet<string> = new Set(['rolling-restart'])

/** Broker trouble by name: blows that the random rounds do not deal. `goneMs`: how long all brokers are away. */
export function scenarios(goneMs = GONE_MS): Readonly<Record<string, readonly Blow[]>> {
  const blow = (kind: Blow['kind'], which: number, awayMs: number, afterMs = WORK_MS): Blow => ({
    ...{ kind, which, awayMs, afterMs },
  })
  return {
    /** Whichever broker coordinates the group, and whichever the transactions of a task: it is among them. */
    'each-broker-in-turn': [0, 1, 2].map((which) => blow('kill-broker', which, 500)),
    /** Everything is restarted once, one after the other; instances are static members and have their places again. */
    'rolling-restart': [0, 1, 2].flatMap((which) => [
      blow('kill-broker', which, 500),
      blow('kill-instance', which, 300),
    ]),
    'all-brokers-gone': [blow('kill-all-brokers', 0, goneMs)],
    /** It keeps its connections and answers nothing; the others take over what it led. */
    'frozen-broker': [blow('freeze-broker', 1, 25_000)],
    /** A paused process whose tasks others have taken wakes up and writes nothing. */
    zombie: [blow('freeze-instance', 0, 6_000), blow('freeze-instance', 1, 6_000)],
  }
}
