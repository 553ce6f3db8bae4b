import { type Me, OrionProblem, type Rfq, type RfqOutcome } from '#sdk'
import { problemText } from '../session/problem-text.ts'
import { isOpen, whatChanged } from './rfq-text.ts'

/** What became of one of the requests that were to be cancelled. */
export type CancelFate =
  | { readonly kind: 'waiting' | 'sent' | 'cancelled' }
  /** The gateway took it and has not seen the outcome. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly why: string }
  /** No answer: it may have been cancelled or not. */
  | { readonly kind: 'unknown'; readonly why: string }

/** On their way at once: the gateway answers each after the log has it, and others work with it too. */
const AT_ONCE = 8

/** As the gateway has it for a single cancel; it decides in any case. */
export function mayCancel({ roles }: Pick<Me, 'roles'>): boolean {
  return roles.includes('TRADER') || roles.includes('CLIENT')
}

/** Those of a user that can still be cancelled, oldest first. */
export function ownOpen(rfqs: Iterable<Rfq>, user: string): readonly Rfq[] {
  return [...rfqs]
    .filter((rfq) => rfq.requester === user && isOpen(rfq))
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0))
}

/** Cancels each by itself, a few at once; one that is refused holds up none. Never rejects: what happens is told. */
export async function cancelEach(
  rfqs: readonly Rfq[],
  {
    cancel,
    told,
  }: {
    readonly cancel: (rfq: Rfq) => Promise<RfqOutcome>
    readonly told: (rfq: Rfq, fate: CancelFate) => void
  },
): Promise<void> {
  const left = rfqs.values()
  const work = async () => {
    for (const rfq of left) {
      told(rfq, { kind: 'sent' })
      try {
        told(rfq, fateOfAnswer(rfq, await cancel(rfq)))
      } catch (error) {
        told(rfq, fateOfRefusal(rfq, error))
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

function fateOfAnswer(seen: Rfq, { current }: RfqOutcome): CancelFate {
  return current === undefined ? { kind: 'taken' } : (endOf(seen, current) ?? { kind: 'taken' })
}

function fateOfRefusal(seen: Rfq, error: unknown): CancelFate {
  const problem = error instanceof OrionProblem ? error.problem : undefined
  const why = problemText(error)
  if (isUnknown(error)) return { kind: 'unknown', why }
  const current = problem?.current
  if (current === undefined) return { kind: 'refused', why }
  if (current.state === 'CANCELLED') return { kind: 'cancelled' }
  return { kind: 'refused', why: [...new Set([why, ...whatChanged(seen, current)])].join(' ') }
}

/** Whether nobody knows what came of a command: sent again it needs the same key. */
export function isUnknown(error: unknown): boolean {
  const status = error instanceof OrionProblem ? error.problem.status : 0
  return status === 0 || status >= 500
}

/** What a state that is seen later makes of a fate that was open. */
export function fateWhenSeen(fate: CancelFate, seen: Rfq, now: Rfq): CancelFate {
  return fate.kind === 'taken' || fate.kind === 'unknown' ? (endOf(seen, now) ?? fate) : fate
}

/** Undefined while it is open. */
function endOf(seen: Rfq, now: Rfq): CancelFate | undefined {
  if (now.state === 'CANCELLED') return { kind: 'cancelled' }
  return isOpen(now) ? undefined : { kind: 'refused', why: whatChanged(seen, now).join(' ') }
}

/** `2 cancelled, 1 not cancelled.` */
export function fatesText(fates: readonly CancelFate[]): string {
  const count = (...kinds: readonly CancelFate['kind'][]) =>
    fates.filter(({ kind }) => kinds.includes(kind)).length
  const parts = [
    [count('cancelled'), 'cancelled'],
    [count('refused'), 'not cancelled'],
    [count('unknown'), 'without an answer'],
    [count('taken'), 'taken, the outcome not seen yet'],
    [count('waiting', 'sent'), 'on the way'],
  ] as const
  return `${parts
    .filter(([many], i) => many > 0 || i === 0)
    .map(([many, what]) => `${many} ${what}`)
    .join(', ')}.`
}

export function fateText(fate: CancelFate): string {
  switch (fate.kind) {
    case 'waiting':
      return 'waiting'
    case 'sent':
      return 'on its way'
    case 'taken':
      return 'Taken by the gateway; the outcome is not seen yet.'
    case 'cancelled':
      return '✓ cancelled'
    case 'refused':
      return `✗ not cancelled: ${fate.why}`
    case 'unknown':
      return `? no answer: ${fate.why}`
  }
}
