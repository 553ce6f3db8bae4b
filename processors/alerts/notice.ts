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

export const NOTICE_KINDS = [
  'RFQ_QUOTED',
  'RFQ_LAST_LOOK_REJECTED',
  'RFQ_REJECTED',
  'RFQ_CANCELLED',
  'RFQ_EXPIRED',
  'RFQ_TRADED',
  'RISK_LIMIT_BREACHED',
  'SETTLEMENT_RETRYING',
  'SETTLEMENT_FAILED',
  'SETTLEMENT_COMPLETED',
  'KILL_SWITCH_ENABLED',
  'KILL_SWITCH_DISABLED',
] as const

export type NoticeKind = (typeof NOTICE_KINDS)[number]

type Severity = 'INFO' | 'WARNING' | 'CRITICAL'

/** One notification to one audience, before it has its envelope. */
export interface Notice {
  /** `user:<id>` or `role:<ROLE>` */
  readonly audience: string
  readonly kind: NoticeKind
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
