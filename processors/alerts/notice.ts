import type { Decimal } from 'decimal.js'
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

/** All digits, in groups of three: `5,000,000.25`. */
export function shownAmount(amount: Decimal): string {
  const [whole = '', fraction] = amount.toFixed().split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** `12:05:09 UTC` */
export function shownTime(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(11, 19)} UTC`
}

/** With a full stop, if it has none. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
