import { z } from 'zod'
import { jsonValue, keyOfJson } from '../json-value.ts'
import { partitionOfKey, type StoreLayout } from '../store-layout.ts'
import type { Cursors } from './cursors.ts'
import type { QueryLimits } from './query-limits.ts'
import { QueryProblem } from './query-problem.ts'
import { boundSchema, type ReadTerms, type StoreQuery } from './store-query.ts'

export const QUERY_OPERATIONS = [
  'get',
  'range',
  'prefix',
  'all',
  'window',
  'session',
  'versioned',
  'positions',
] as const
export type QueryOperation = (typeof QUERY_OPERATIONS)[number]

export interface QueryRequest {
  readonly query: StoreQuery
  readonly partitions: readonly number[]
  readonly terms: ReadTerms
  /** Decoded; absent for a scan. */
  readonly key?: unknown
}

const LIMIT_DEFAULT = 100
const KINDS: Readonly<Record<QueryOperation, string | undefined>> = {
  get: 'key-value',
  range: 'key-value',
  prefix: 'key-value',
  all: 'key-value',
  window: 'window',
  session: 'session',
  versioned: 'versioned',
  positions: undefined,
}

const ms = z.int().min(0)
const keyBytes = z.base64().max(65_536)

function schemasOf(limits: QueryLimits) {
  const terms = {
    stale: z.enum(['refused', 'allowed']).default('refused'),
    positionBound: boundSchema,
    timeoutMs: z.int().min(1).max(limits.requestTimeoutMs).default(limits.requestTimeoutMs),
    partition: z.int().min(0).optional(),
  }
  const key = { key: z.json().optional(), keyBytes: keyBytes.optional() }
  const limit = z.int().min(1).max(limits.rowsMax).default(Math.min(LIMIT_DEFAULT, limits.rowsMax))
  const page = { limit, cursor: z.string().min(1).max(100_000).optional() }
  const time = { fromMs: ms.default(0), toMs: ms.default(Number.MAX_SAFE_INTEGER), limit }
  return {
    get: z.strictObject({ ...terms, ...key }),
    versioned: z.strictObject({ ...terms, ...key, asOfMs: ms.optional() }),
    window: z.strictObject({ ...terms, ...key, ...time }),
    session: z.strictObject({ ...terms, ...key, ...time }),
    range: z.strictObject({
      ...terms,
      ...page,
      from: z.json().optional(),
      to: z.json().optional(),
      fromBytes: keyBytes.optional(),
      toBytes: keyBytes.optional(),
    }),
    prefix: z.strictObject({
      ...terms,
      ...page,
      prefix: z.string().max(65_536).optional(),
      prefixBytes: keyBytes.optional(),
    }),
    all: z.strictObject({ ...terms, ...page }),
    positions: z.strictObject(terms),
  }
}

/** Reads the bodies of requests. What is wrong with one is told in full. */
export class QueryRequests {
  readonly #schemas: ReturnType<typeof schemasOf>
  readonly #cursors: Cursors

  constructor(limits: QueryLimits, cursors: Cursors) {
    this.#schemas = schemasOf(limits)
    this.#cursors = cursors
  }

  /** @throws {QueryProblem} bad-request */
  read(operation: QueryOperation, layout: StoreLayout, json: unknown): QueryRequest {
    const { kind, name } = layout.spec
    const wanted = KINDS[operation]
    if (wanted !== undefined && wanted !== kind) {
      const fitting = QUERY_OPERATIONS.filter((one) => KINDS[one] === kind).join(', ')
      throw bad(`${name} is a ${kind} store: ask it by ${fitting}, not by ${operation}`)
    }
    const { key, query, ...rest } = this.#parse(operation, layout, json)
    const terms = {
      staleAllowed: rest.stale === 'allowed',
      bound: rest.positionBound,
      timeoutMs: rest.timeoutMs,
    }
    for (const { topic } of terms.bound.entries()) {
      if (!layout.inputTopics.includes(topic))
        throw bad(`positionBound: ${name} reflects ${layout.inputTopics.join(', ')}, not ${topic}`)
    }
    const partitions = partitionsOf(layout, key, rest.partition)
    return { query, partitions, terms, ...(key === undefined ? {} : { key: key.value }) }
  }

  #parse(operation: QueryOperation, layout: StoreLayout, json: unknown) {
    const schemas = this.#schemas
    switch (operation) {
      case 'get': {
        const body = checked(schemas.get, json)
        const key = keyOf(layout, body)
        return { ...body, key, query: { operation, key: key.bytes } as const }
      }
      case 'versioned': {
        const body = checked(schemas.versioned, json)
        const key = keyOf(layout, body)
        return { ...body, key, query: { operation, key: key.bytes, asOfMs: body.asOfMs } as const }
      }
      case 'window':
      case 'session': {
        const body = checked(schemas[operation], json)
        const key = keyOf(layout, body)
        const { fromMs, toMs, limit } = body
        return { ...body, key, query: { operation, key: key.bytes, fromMs, toMs, limit } as const }
      }
      case 'range': {
        const body = checked(schemas.range, json)
        const from = keyIn(layout, { name: 'from', json: body.from, bytes: body.fromBytes })
        const to = keyIn(layout, { name: 'to', json: body.to, bytes: body.toBytes })
        return this.#scan(body, `${layout.spec.name}/${operation}`, {
          from: from?.bytes,
          to: to?.bytes,
        })
      }
      case 'prefix': {
        const body = checked(schemas.prefix, json)
        const prefix = body.prefixBytes ?? base64Of(body.prefix)
        if (prefix === undefined) throw bad('prefix: give prefix (text) or prefixBytes (base64)')
        return this.#scan(body, `${layout.spec.name}/${operation}`, { prefix })
      }
      case 'all':
        return this.#scan(checked(schemas.all, json), `${layout.spec.name}/${operation}`, {})
      case 'positions':
        return {
          ...checked(schemas.positions, json),
          key: undefined,
          query: { operation } as const,
        }
    }
  }

  #scan<B extends { readonly limit: number; readonly cursor?: string | undefined }>(
    body: B,
    purpose: string,
    bounds: {
      readonly from?: string | undefined
      readonly to?: string | undefined
      readonly prefix?: string
    },
  ) {
    const place = body.cursor === undefined ? undefined : this.#cursors.read(body.cursor, purpose)
    const after =
      place === undefined
        ? undefined
        : { key: Buffer.from(place.key).toString('base64'), partition: place.partition }
    const query = { operation: 'scan', ...bounds, after, limit: body.limit } as const
    return { ...body, key: undefined, query }
  }
}

interface ReadKey {
  /** Base64 of what the serde writes. */
  readonly bytes: string
  readonly value: unknown
}

function keyOf(
  layout: StoreLayout,
  body: { readonly key?: unknown; readonly keyBytes?: string | undefined },
): ReadKey {
  const key = keyIn(layout, { name: 'key', json: body.key, bytes: body.keyBytes })
  if (key === undefined)
    throw bad('key: give key (JSON) or keyBytes (base64 of the serialised key)')
  return key
}

/** A key that reads back as something else was not one of this store: `5` where keys are text, a record without a field. */
function keyIn(
  layout: StoreLayout,
  {
    name,
    json,
    bytes,
  }: { readonly name: string; readonly json: unknown; readonly bytes: string | undefined },
): ReadKey | undefined {
  if (json === undefined && bytes === undefined) return undefined
  if (json !== undefined && bytes !== undefined)
    throw bad(`${name}: give it once, not as bytes too`)
  const { spec, topic } = layout
  try {
    const written =
      bytes === undefined
        ? spec.keySerde.serialize(topic, keyOfJson(json))
        : Uint8Array.from(Buffer.from(bytes, 'base64'))
    const value: unknown = spec.keySerde.deserialize(topic, written)
    if (bytes === undefined && textOf(jsonValue(value)) !== textOf(jsonValue(keyOfJson(json))))
      throw new Error(`it reads back as ${textOf(jsonValue(value))}`)
    return { bytes: Buffer.from(written).toString('base64'), value }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw bad(`${name}: it is no key of ${spec.name}: ${why.slice(0, 500)}`)
  }
}

function partitionsOf(
  layout: StoreLayout,
  key: ReadKey | undefined,
  partition: number | undefined,
): readonly number[] {
  const { partitionCount: count } = layout
  if (partition !== undefined) {
    if (partition < count) return [partition]
    throw bad(`partition: ${layout.spec.name} has ${count}, numbered from 0`)
  }
  if (key !== undefined) return [partitionOfKey(layout, key.value)]
  return Array.from({ length: count }, (_, index) => index)
}

function checked<T extends z.ZodType>(schema: T, json: unknown): z.output<T> {
  const { data, error } = schema.safeParse(json)
  if (error === undefined) return data as z.output<T>
  const faults = error.issues
    .slice(0, 10)
    .map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
  throw bad(faults.join('; '))
}

/** As it is compared: the order of fields says nothing. */
function textOf(json: unknown): string {
  return JSON.stringify(json, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}

function base64Of(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text).toString('base64')
}

function bad(detail: string): QueryProblem {
  return new QueryProblem('bad-request', detail)
}
