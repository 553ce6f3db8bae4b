import { z } from 'zod'
import type { LocalStorePart } from '../local-parts.ts'
import { Position, type PositionJson } from '../position.ts'

const KEY_CHARS_MAX = 65_536
const base64 = z.base64().max(KEY_CHARS_MAX)
const ms = z.int().min(0)

/** A query of one store with keys as the store's serde writes them (base64), as instances hand it to each other. */
export const StoreQuery = z.discriminatedUnion('operation', [
  z.strictObject({ operation: z.literal('get'), key: base64 }),
  z.strictObject({ operation: z.literal('versioned'), key: base64, asOfMs: ms.optional() }),
  z.strictObject({
    operation: z.literal('window'),
    key: base64,
    fromMs: ms,
    toMs: ms,
    limit: z.int().min(1),
  }),
  z.strictObject({
    operation: z.literal('session'),
    key: base64,
    fromMs: ms,
    toMs: ms,
    limit: z.int().min(1),
  }),
  z.strictObject({
    operation: z.literal('scan'),
    from: base64.optional(),
    to: base64.optional(),
    prefix: base64.optional(),
    after: z.strictObject({ key: base64, partition: z.int().min(0) }).optional(),
    limit: z.int().min(1),
  }),
  z.strictObject({ operation: z.literal('positions') }),
])
export type StoreQuery = z.output<typeof StoreQuery>
export type ScanQuery = Extract<StoreQuery, { operation: 'scan' }>

/** How a query is answered, whatever it asks. */
export interface ReadTerms {
  /** Standbys may answer. */
  readonly staleAllowed: boolean
  readonly bound: Position
  readonly timeoutMs: number
}

/** A row of a store as JSON. */
export interface StoreQueryRow {
  readonly partition: number
  readonly key: unknown
  readonly windowStartMs?: number
  readonly windowEndMs?: number
  readonly value: unknown
}

/** What one part of a store answers. */
export interface PartAnswer {
  readonly partition: number
  /** host:port */
  readonly host: string
  readonly role: LocalStorePart['role']
  /** Records of the changelog that a standby is known to be behind; null for an active part, or where it is not known. */
  readonly lag: number | null
  readonly position: PositionJson
  readonly rows: readonly { readonly keyBytes: string; readonly row: StoreQueryRow }[]
  /** The last key that was looked at (base64), where there is more behind it. */
  readonly end?: string
}

/** Why a part did not answer; another instance may. */
export interface PartRefusal {
  readonly partition: number
  readonly kind: 'not-here' | 'position-not-reached' | 'unavailable'
  readonly detail: string
  readonly position?: PositionJson
}

export interface PartOutcomes {
  readonly answers: readonly PartAnswer[]
  readonly refusals: readonly PartRefusal[]
}

const positionJson = z.unknown().transform((json, context): Position => {
  try {
    return Position.fromJson(json)
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : '' })
    return z.NEVER
  }
})

export const boundSchema = positionJson.optional().transform((bound) => bound ?? Position.empty)

/** What one instance asks of another. */
export const PartRequest = z.strictObject({
  query: StoreQuery,
  partitions: z.array(z.int().min(0)).min(1).max(10_000),
  staleAllowed: z.boolean(),
  positionBound: boundSchema,
  timeoutMs: z.int().min(1),
})

const knownPosition = z.record(z.string(), z.record(z.string(), z.int()))

/** What it answers: checked as everything that comes over the network. */
export const PartOutcomesJson = z.object({
  answers: z.array(
    z.object({
      partition: z.int(),
      host: z.string(),
      role: z.enum(['active', 'standby']),
      lag: z.int().nullable(),
      position: knownPosition,
      rows: z.array(
        z.object({
          keyBytes: z.string(),
          row: z.object({
            partition: z.int(),
            key: z.unknown(),
            windowStartMs: z.int().exactOptional(),
            windowEndMs: z.int().exactOptional(),
            value: z.unknown(),
          }),
        }),
      ),
      end: z.string().exactOptional(),
    }),
  ),
  refusals: z.array(
    z.object({
      partition: z.int(),
      kind: z.enum(['not-here', 'position-not-reached', 'unavailable']),
      detail: z.string(),
      position: knownPosition.exactOptional(),
    }),
  ),
})
