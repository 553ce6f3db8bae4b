import type {
  AlertsEnvelope,
  KillswitchEnvelope,
  LifecycleEnvelope,
  SettlementEnvelope,
} from '#avro'

/** What the alerts listen to. */
export type AlertCause =
  | LifecycleEnvelope
  | AlertsEnvelope
  | SettlementEnvelope
  | KillswitchEnvelope

type Severity = 'INFO' | 'WARNING' | 'CRITICAL'

/** One notification to one audience, before it has its envelope. */
export interface Notice {
  /** `user:<id>` or `role:<ROLE>` */
  readonly audience: string
  readonly kind: string
  readonly severity: Severity
  readonly title: string
  readonly text: string
  readonly entityType: string
  readonly entityId: string
}

/** What a step makes of an event: the next state (undefined: none), and whom to tell what. */
export interface Noticed<S> {
  readonly state: S | undefined
  readonly notices: readonly Notice[]
}

export function toUser(userId: string): string {
  return `user:${userId}`
}

export function toRole(role: 'TRADER' | 'SALES' | 'RISK'): string {
  return `role:${role}`
}

/** The same notice to several audiences. */
export function toAll(
  audiences: readonly string[],
  notice: Omit<Notice, 'audience'>,
): readonly Notice[] {
  return audiences.map((audience) => ({ audience, ...notice }))
}

/** `12:05:09 UTC` */
export function shownTime(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(11, 19)} UTC`
}
