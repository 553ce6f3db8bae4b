import { seededRandom } from './seeded-random.ts'

/** What is done to a process of the cluster or of the application, and when. */
export interface Blow {
  /** `kill`: SIGKILL and a new process. `freeze`: SIGSTOP, and SIGCONT when the others have taken over. */
  readonly kind:
    | 'kill-instance'
    | 'kill-broker'
    | 'kill-all-brokers'
    | 'freeze-instance'
    | 'freeze-broker'
  /** Index of the instance or broker. */
  readonly which: number
  /** After the blow before. */
  readonly afterMs: number
  /** Until the process is started again, or goes on. */
  readonly awayMs: number
}

export interface BlowPlan {
  readonly seed: number
  /** Kills; freezes come on top. */
  readonly kills: number
  /** Of the kills, how many hit a broker. */
  readonly brokerKills: number
  readonly freezes: number
  readonly instances: number
  readonly brokers: number
  /** Longer than the session of a member. */
  readonly freezeMs: number
}

const GAP_MS = { least: 1_000, more: 2_000 }
const INSTANCE_AWAY_MS = { least: 0, more: 1_200 }
const BROKER_AWAY_MS = { least: 200, more: 2_500 }

/** The blows of a round, in an order that the seed decides. */
export function planBlows(plan: BlowPlan): readonly Blow[] {
  const next = seededRandom(plan.seed)
  const within = ({ least, more }: { least: number; more: number }) =>
    Math.round(least + next() * more)
  const kinds: ('kill-instance' | 'kill-broker' | 'freeze-instance')[] = [
    ...Array.from({ length: plan.brokerKills }, () => 'kill-broker' as const),
    ...Array.from({ length: plan.kills - plan.brokerKills }, () => 'kill-instance' as const),
    ...Array.from({ length: plan.freezes }, () => 'freeze-instance' as const),
  ]
  for (let index = kinds.length - 1; index > 0; index -= 1) {
    const other = Math.floor(next() * (index + 1))
    const [a, b] = [kinds[index], kinds[other]]
    if (a !== undefined && b !== undefined) [kinds[index], kinds[other]] = [b, a]
  }
  return kinds.map((kind) => ({
    kind,
    which: Math.floor(next() * (kind === 'kill-broker' ? plan.brokers : plan.instances)),
    afterMs: within(GAP_MS),
    awayMs: {
      'kill-broker': () => within(BROKER_AWAY_MS),
      'kill-instance': () => within(INSTANCE_AWAY_MS),
      'freeze-instance': () => plan.freezeMs,
    }[kind](),
  }))
}
