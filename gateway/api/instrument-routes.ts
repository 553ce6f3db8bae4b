import { z } from 'zod'
import { ProblemError } from '../http/problem.ts'
import { type Route, userRoute } from '../http/route.ts'
import { isEntitled, type Principal } from '../identity/principal.ts'
import type { Instrument, Page } from '../protocol.ts'
import type { InstrumentRow, InstrumentsView } from '../views/instruments-view.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { AssetClassSchema, InstrumentId, InstrumentPage, InstrumentSchema } from './schemas.ts'

const LIST = 'instruments'

export function instrumentRoutes(instruments: InstrumentsView): readonly Route[] {
  return [
    userRoute({
      method: 'GET',
      path: '/api/v1/instruments',
      summary: 'Instruments that you may see, by id.',
      tag: 'reference data',
      access: 'authenticated',
      query: z.strictObject({
        limit: z.coerce.number().int().min(1).max(1_000).default(100),
        cursor: z.string().max(512).optional(),
        assetClass: AssetClassSchema.optional(),
        q: z
          .string()
          .min(1)
          .max(64)
          .optional()
          .describe('Part of the id, the symbol or the name; case does not matter.'),
      }),
      response: InstrumentPage,
      handle: ({ query }, principal): Page<Instrument> => {
        const { assetClass, limit, q } = query
        const found = instruments.list(principal, {
          afterId: readCursor(LIST, query.cursor),
          limit,
          assetClass,
          q,
        })
        const items = found.slice(0, limit)
        const last = found.length > limit ? items.at(-1) : undefined
        return {
          items,
          nextCursor: last === undefined ? null : writeCursor(LIST, last.instrumentId),
        }
      },
    }),
    userRoute({
      method: 'GET',
      path: '/api/v1/instruments/{id}',
      summary: 'One instrument.',
      tag: 'reference data',
      access: 'authenticated',
      params: z.object({ id: InstrumentId }),
      response: InstrumentSchema,
      problems: INSTRUMENT_PROBLEMS,
      handle: ({ params }, principal) =>
        visibleInstrument(instruments, principal, params.id).instrument,
    }),
  ]
}

export const INSTRUMENT_PROBLEMS = {
  403: 'You are not entitled to its asset class.',
  404: 'There is no such instrument.',
}

/** @throws {ProblemError} 404 for one that is unknown or another tenant's, 403 without the entitlement */
export function visibleInstrument(
  instruments: InstrumentsView,
  principal: Principal,
  instrumentId: string,
): InstrumentRow {
  const found = instruments.find(principal.tenant, instrumentId)
  if (found === undefined)
    throw new ProblemError(404, 'unknown-instrument', 'There is no such instrument.')
  if (!isEntitled(principal, found.instrument.assetClass)) {
    throw new ProblemError(
      403,
      'not-entitled',
      `You are not entitled to ${found.instrument.assetClass}.`,
    )
  }
  return found
}
