import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningGateway, runGateway } from '../fixtures/running-gateway.ts'

interface Operation {
  readonly operationId: string
  readonly parameters: readonly {
    readonly name: string
    readonly in: string
    readonly required: boolean
    readonly schema: unknown
  }[]
  readonly responses: Readonly<Record<string, { readonly content?: unknown }>>
  readonly security: readonly unknown[]
  readonly requestBody?: unknown
}

interface Description {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

let orion: RunningGateway
let description: Description

beforeAll(async () => {
  orion = await runGateway({
    limits: {
      clientRequestsPerS: 100_000,
      clientRequestsBurst: 100_000,
      userRequestsPerS: 100_000,
      userRequestsBurst: 100_000,
      loginAttemptsBurst: 10_000,
    },
    bars: async () => [],
  })
  orion.instrument('EURUSD.SIM', 'FX')
  orion.price('EURUSD.SIM', 1)
  await orion.priced(['EURUSD.SIM'])
  description = (await (await orion.call('/openapi.json')).json()) as Description
})

afterAll(() => orion.close())

function operation(path: string): Operation {
  const found = description.paths[path]?.['get']
  if (found === undefined) throw new Error(`no GET ${path}`)
  return found
}

describe('the description', () => {
  test('names every route of the interface, once', () => {
    expect(description.openapi).toBe('3.1.0')
    expect(
      Object.entries(description.paths)
        .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
        .sort(),
    ).toEqual(
      [
        'get /.well-known/jwks.json',
        'get /api/v1/admin/flags',
        'post /api/v1/admin/flags',
        'get /api/v1/admin/instruments',
        'post /api/v1/admin/instruments',
        'get /api/v1/admin/killswitch',
        'get /api/v1/admin/limits',
        'post /api/v1/admin/limits',
        'get /api/v1/admin/lps',
        'post /api/v1/admin/lps',
        'post /api/v1/admin/killswitch/enable',
        'post /api/v1/admin/killswitch/disable',
        'get /api/v1/admin/venues',
        'post /api/v1/admin/venues',
        'get /api/v1/admin/topologies',
        'get /api/v1/analytics/tca',
        'get /api/v1/analytics/lp-metrics',
        'get /api/v1/alerts',
        'get /api/v1/admin/topologies/{name}',
        'get /api/v1/audit',
        'get /api/v1/instruments',
        'get /api/v1/instruments/{id}',
        'get /api/v1/market/bars',
        'get /api/v1/market/snapshot',
        'get /api/v1/me',
        'get /api/v1/reports/reconciliation',
        'get /api/v1/rfqs',
        'get /api/v1/rfqs/{id}',
        'get /api/v1/rfqs/{id}/quotes',
        'get /api/v1/trades',
        'get /api/v1/trades/{id}',
        'get /api/v1/trades/{id}/confirmation',
        'get /healthz',
        'get /metrics',
        'get /openapi.json',
        'get /readyz',
        'post /api/v1/admin/users/{user}/revoke-sessions',
        'post /api/v1/login',
        'post /api/v1/logout',
        'post /api/v1/refresh',
        'post /api/v1/rfqs',
        'post /api/v1/rfqs/{id}/accept',
        'post /api/v1/rfqs/{id}/cancel',
        'post /api/v1/rfqs/{id}/quotes',
      ].sort(),
    )
    const operations = Object.values(description.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    )
    expect(new Set(operations).size).toBe(operations.length)
  })

  test('refers only to schemas that it has', () => {
    const references = [...JSON.stringify(description).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, reference]) => reference,
    )
    expect(references.length).toBeGreaterThan(20)
    for (const reference of new Set(references)) {
      expect(Object.keys(description.components.schemas)).toContain(
        reference?.replace('#/components/schemas/', ''),
      )
    }
    expect(JSON.stringify(description)).not.toContain('$defs')
  })

  test('derives parameters from the schemas that validate', () => {
    const { parameters, responses, security } = operation('/api/v1/instruments')
    expect(parameters.find(({ name }) => name === 'limit')).toEqual({
      name: 'limit',
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
    })
    expect(parameters.find(({ name }) => name === 'assetClass')?.schema).toMatchObject({
      enum: expect.arrayContaining(['FX', 'EQUITY']),
    })
    expect(parameters.find(({ name }) => name === 'sort')).toMatchObject({
      required: false,
      schema: { enum: expect.arrayContaining(['symbol', '-symbol']), default: 'instrumentId' },
    })
    expect(Object.keys(responses).sort()).toEqual(['200', '400', '401', '429', '503'])
    expect(security).toEqual([{ bearer: [] }])
    const bars = operation('/api/v1/market/bars')
    expect(bars.parameters.filter(({ required }) => required).map(({ name }) => name)).toEqual([
      'instrumentId',
      'interval',
    ])
  })
})

describe('junk', () => {
  test.each([1, 2, 3])(
    'on every route gives no answer above 499 and none that is not described (seed %i)',
    async (seed) => {
      const random = randomFrom(seed)
      const token = await orion.token('admin')
      const seen = new Set<string>()
      for (const [path, methods] of Object.entries(description.paths)) {
        for (const [method, operation] of Object.entries(methods)) {
          for (let i = 0; i < 25; i += 1) {
            const query = operation.parameters
              .filter((parameter) => parameter.in === 'query' && random(3) > 0)
              .map(({ name }) => `${name}=${encodeURIComponent(pick(JUNK, random))}`)
            const url = `${path.replace(/\{\w+\}/g, () => encodeURIComponent(pick(JUNK, random)) || 'x')}?${query.join('&')}`
            const headers: Record<string, string> = {
              'content-type': pick(['application/json', 'text/plain', ''], random),
            }
            if (random(4) > 0) headers['authorization'] = `Bearer ${token}`
            const body =
              method === 'get'
                ? undefined
                : pick(
                    [
                      ...JUNK,
                      JSON.stringify(pick(VALUES, random)),
                      JSON.stringify({
                        tenant: pick(VALUES, random),
                        user: 'trader',
                        password: pick(VALUES, random),
                        refreshToken: pick(VALUES, random),
                      }),
                    ],
                    random,
                  )
            const response = await fetch(`${orion.base}${url}`, {
              method: method.toUpperCase(),
              headers,
              ...(body === undefined ? {} : { body }),
            })
            await response.arrayBuffer()
            seen.add(`${method} ${path}`)
            expect(response.status, `${method} ${url} ${body}`).toBeLessThan(500)
            expect(
              Object.keys(operation.responses),
              `${method} ${url} ${body}: ${response.status}`,
            ).toContain(String(response.status))
          }
        }
      }
      expect(seen.size).toBe(Object.values(description.paths).flatMap(Object.keys).length)
    },
  )
})

const JUNK = [
  '',
  '0',
  '-1',
  '1e9',
  '999999999999999999999',
  'NaN',
  '\u0000',
  '💥',
  '../../etc/passwd',
  "' OR 1=1 --",
  '{"a":1}',
  '[[[[',
  'x'.repeat(300),
  'EURUSD.SIM',
  '1m',
  '%',
  'null',
  '__proto__',
  '2026-01-01T00:00:00Z',
]
const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1.5,
  '',
  'demo',
  [],
  {},
  { __proto__: null },
  'x'.repeat(300),
  ['demo'],
  '\ud800',
]

function pick<T>(from: readonly T[], random: (below: number) => number): T {
  return from[random(from.length)] as T
}

/** Mulberry32. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
