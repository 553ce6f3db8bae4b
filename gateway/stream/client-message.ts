import { z } from 'zod'
import type { Channel } from '../protocol.ts'

const CHANNELS = [
  'market',
  'rfqs',
  'orders',
  'trades',
  'positions',
  'risk',
  'margin',
  'alerts',
  'ops',
] as const satisfies readonly Channel[]

const id = z.int().nonnegative().optional()

/** Messages of a client, with a bound on the instruments in one of them. */
export function clientMessageSchema(instrumentIdsMax: number) {
  const instrumentIds = z.array(z.string().min(1).max(100)).min(1).max(instrumentIdsMax)
  return z.discriminatedUnion('op', [
    z.object({
      op: z.literal('subscribe'),
      channel: z.enum(CHANNELS),
      instrumentIds: instrumentIds.optional(),
      id,
    }),
    z.object({
      op: z.literal('unsubscribe'),
      channel: z.enum(CHANNELS),
      instrumentIds: instrumentIds.optional(),
      id,
    }),
    z.object({ op: z.literal('ping'), id }),
  ])
}

export type ParsedMessage = z.output<ReturnType<typeof clientMessageSchema>>
