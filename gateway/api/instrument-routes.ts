import { z } from 'zod'
import { ProblemError } from '../http/problem.ts'
import { type Route, userRoute } from '../http/route.ts'
import { isEntitled, type Principal } from '../identity/principal.ts'
import type { Instrument, Page } from '../protocol.ts'
import {
  type InstrumentPlace,
  type InstrumentRow,
  type InstrumentSort,
  type InstrumentSortField,
  type InstrumentsView,
  placeOf,
} from '../views/instruments-view.ts'
import { paging, readCursor, writeCursor } from './cursor.ts'
import { AssetClassSchema, InstrumentId, InstrumentPage, InstrumentSchema } from './schemas.ts'

const SORTS = [
  'instrumentId',
  '-instrumentId',
  'symbol',
  '-symbol',
  'assetClass',
  '-assetClass',
] as const satisfies readonly (InstrumentSortField | `-${InstrumentSortField}`)[]

export function instrumentRoutes(instruments: InstrumentsView): readonly Route[] {
  return [
    userRoute({
      method: 'GET',
      path: '/api/v1/instruments',
      summary: 'Instruments that you may see.',
      tag: 'reference data',
      access: 'authenticated',
      query: z.strictObject({
        ...paging({ limitMax: 1_000, limit: 100 }),
        sort: z
          .enum(SORTS)
          .default('instrumentId')
          .describe('What they are in order of, then by id; downwards with a leading minus.'),
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
        const sort = parseSort(query.sort)
        const list = `instruments ${query.sort}`
        const after = readCursor(list, query.cursor)
        const found = instruments.list(principal, {
          sort,
          after: after === undefined ? undefined : parsePlace(after),
          limit,
          assetClass,
          q,
        })
        const items = found.slice(0, limit)
        const last = found.length > limit ? items.at(-1) : undefined
        return {
          items,
          nextCursor:
            last === undefined ? null : writeCursor(list, placeText(placeOf(last, sort.by))),
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

function parseSort(text: (typeof SORTS)[number]): InstrumentSort {
  const descending = text.startsWith('-')
  return { by: (descending ? text.slice(1) : text) as InstrumentSortField, descending }
}

/** The id has no space, what comes before it may. */
function placeText({ value, instrumentId }: InstrumentPlace): string {
  return `${value} ${instrumentId}`
}

function parsePlace(text: string): InstrumentPlace {
  const space = text.lastIndexOf(' ')
  return { value: text.slice(0, Math.max(0, space)), instrumentId: text.slice(space + 1) }
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
