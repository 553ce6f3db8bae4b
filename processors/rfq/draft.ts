import {
  causedEvent,
  type KeptRfq,
  type LastLook,
  type LifecycleEnvelope,
  type Mark,
  type RfqState,
} from '#avro'

/** What a step is told of the world. It asks nobody else. */
export interface Facts {
  readonly tenantId: string
  readonly rfqId: string
  readonly nowMs: number
  readonly maker: { readonly producer: string; readonly node: string }
  /** How long a finished RFQ answers retries of its commands. */
  readonly keepMs: number
  markOf(instrumentId: string): Mark | null
  lastLookOf(lpId: string): LastLook | null
}

type EventType = LifecycleEnvelope['eventType']
type PayloadOf<T extends EventType> = Extract<LifecycleEnvelope, { eventType: T }>['payload']
type Said<T extends EventType> = Omit<PayloadOf<T>, 'rfqId' | 'version' | 'state' | 'commandId'>

export interface Because {
  /** Event or command that caused it. */
  readonly causeId: string
  /** Command that it answers. */
  readonly commandId?: string
  /** Of the cause: where there is no RFQ that has one. */
  readonly correlationId?: string
}

/** The next state of an RFQ and what is said of it, in the making. The state that it was made of is left as it is. */
export class Draft {
  readonly facts: Facts
  readonly events: LifecycleEnvelope[] = []
  kept: KeptRfq | undefined

  constructor(kept: KeptRfq | undefined, facts: Facts) {
    this.kept = kept
    this.facts = facts
  }

  /** Where the transition table says that there is one. */
  get rfq(): KeptRfq {
    if (this.kept === undefined) throw new Error(`RFQ ${this.facts.rfqId} is not there`)
    return this.kept
  }

  change(more: Partial<Omit<KeptRfq, 'state' | 'version' | 'sequence'>>): void {
    this.kept = { ...this.rfq, ...more }
  }

  /** The version counts changes of state alone. */
  moveTo(state: RfqState): void {
    const { rfq } = this
    if (rfq.state !== state) this.kept = { ...rfq, state, version: rfq.version + 1 }
  }

  /** Ids follow from the cause and the event's place in the RFQ: a cause that comes twice has two events. */
  say<T extends EventType>(eventType: T, because: Because, said: Said<T>) {
    const { facts, kept } = this
    const sequence = kept === undefined ? 0 : kept.sequence + 1
    if (kept !== undefined) this.kept = { ...kept, sequence }
    const common = {
      rfqId: facts.rfqId,
      // Without an RFQ, version 0: there is nothing that this could be the state of.
      version: kept?.version ?? 0,
      state: kept?.state ?? 'REJECTED',
      commandId: because.commandId ?? null,
    }
    const payload = { ...common, ...said } as unknown as PayloadOf<T>
    const { tenantId, nowMs: occurredAt } = facts
    const correlationId = kept?.correlationId ?? because.correlationId ?? because.causeId
    const cause = { eventId: because.causeId, tenantId, correlationId }
    const entity = { entityType: 'RFQ', entityId: facts.rfqId, sequence }
    const event = causedEvent(facts.maker, cause, sequence, {
      eventType,
      payload,
      occurredAt,
      entity,
    })
    this.events.push(event as unknown as LifecycleEnvelope)
    return event
  }

  /** From now on this command is known; `conclude` says what it came to. */
  remember(commandId: string, requestDigest: string): void {
    const outcome = { commandId, requestDigest, eventId: '', eventType: '', reason: '' }
    this.change({ outcomes: [...this.rfq.outcomes, outcome] })
  }

  /** What answers a command; a later answer takes the place of an earlier one: last look begins, then ends. */
  conclude(
    commandId: string,
    event: { readonly eventId: string; readonly eventType: string },
    reason = '',
  ): void {
    const { eventId, eventType } = event
    const outcomes = this.rfq.outcomes.map((known) =>
      known.commandId === commandId ? { ...known, eventId, eventType, reason } : known,
    )
    this.change({ outcomes })
  }
}
