import { z } from 'zod'
import type { Route } from '../http/route.ts'
import { models, ProblemSchema } from './schemas.ts'

type Json = Record<string, unknown>

/** OpenAPI 3.1 of a route table, from the schemas that validate. */
export function openapiDocument(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Orion gateway',
      version: '1',
      description:
        'Errors are application/problem+json (RFC 9457) with a correlation id. Lists page by cursor. Live prices come over the WebSocket /stream.',
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  }
}

function operation(route: Route): Json {
  const needsToken = route.access !== 'public'
  const roles =
    route.access === 'public' || route.access === 'authenticated' ? undefined : route.access
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [route.tag],
    ...(roles === undefined
      ? {}
      : { description: `Roles: ${roles.join(', ')}.`, 'x-roles': roles }),
    ...(needsToken ? { security: [{ bearer: [] }] } : { security: [] }),
    parameters: [
      ...parameters(route.params, 'path'),
      ...parameters(route.query, 'query'),
      CORRELATION_PARAMETER,
      ...(route.isCommand === true ? [KEY_PARAMETER] : []),
      ...(takesPosition(route) ? [POSITION_PARAMETER] : []),
    ],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(route.body, 'input') } },
          },
        }),
    responses: responses(route, needsToken, roles !== undefined),
  }
}

function responses(route: Route, needsToken: boolean, needsRole: boolean): Json {
  const problems: Record<number, string> = {
    400: 'The input is not valid.',
    429: 'Too many requests; Retry-After says when to come back.',
    503: 'It took too long, or a part that it needs is down.',
    ...(route.body === undefined
      ? {}
      : { 413: 'The body is too large.', 415: 'The body is not JSON.' }),
    ...(needsToken ? { 401: 'No valid access token.' } : {}),
    ...(needsRole ? { 403: 'A role is lacking.' } : {}),
    ...(takesPosition(route) ? { 504: 'The position was not reached in time.' } : {}),
    ...route.problems,
  }
  const contentType = route.produces ?? 'application/json'
  const headers = route.isPositioned === true ? { ...HEADERS, ...POSITION_HEADER } : HEADERS
  const body = {
    headers,
    content: {
      [contentType]: {
        schema: route.response === undefined ? {} : schemaOf(route.response, 'output'),
      },
    },
  }
  const created = { description: 'Created.', ...body }
  const good: Json =
    route.response === undefined && route.produces === undefined
      ? { 204: { description: 'Done.', headers: HEADERS } }
      : {
          ...(route.status === 201 ? {} : { 200: { description: 'OK', ...body } }),
          ...(route.status === 201 || route.mayCreate === true ? { 201: created } : {}),
        }
  const bad = Object.entries(problems).map(([status, description]) => [
    status,
    { description, headers: HEADERS, content: problemContent(route, status) },
  ])
  const later = route.isCommand === true ? { 202: ACCEPTED } : {}
  return { ...good, ...later, ...Object.fromEntries(bad) }
}

function takesPosition({ isPositioned }: Route): boolean {
  return isPositioned === true
}

/** `/readyz` answers 503 with its own body, too. */
function problemContent(route: Route, status: string): Json {
  const problem = { 'application/problem+json': { schema: schemaOf(ProblemSchema, 'output') } }
  if (route.path !== '/readyz' || status !== '503' || route.response === undefined) return problem
  return { 'application/json': { schema: schemaOf(route.response, 'output') } }
}

function parameters(schema: z.ZodObject | undefined, where: 'path' | 'query'): readonly Json[] {
  if (schema === undefined) return []
  return Object.entries(schema.shape).map(([name, part]) => {
    const { description, ...json } = schemaOf(part as z.ZodType, 'input')
    // A parameter with a default is optional to send.
    const required = where === 'path' || !(part as z.ZodType).safeParse(undefined).success
    return {
      name,
      in: where,
      required,
      ...(description === undefined ? {} : { description }),
      schema: json,
    }
  })
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const id = models.get(schema)?.id
  if (id !== undefined) return { $ref: refOf(id) }
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io }) as Json
  return json
}

function componentSchemas(): Json {
  const { schemas } = z.toJSONSchema(models, { uri: refOf, io: 'output' })
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const { $schema: _, $id: __, ...json } = schema as Json
      return [name, json]
    }),
  )
}

function refOf(id: string): string {
  return `#/components/schemas/${id}`
}

function operationId({ method, path }: Route): string {
  const words = path
    .replace('/api/v1', '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
  return [
    method.toLowerCase(),
    ...words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`),
  ].join('')
}

const CORRELATION_PARAMETER: Json = {
  name: 'x-correlation-id',
  in: 'header',
  required: false,
  description:
    'Sent back, and logged with all that the request causes. One that does not fit is replaced.',
  schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}$' },
}

const HEADERS: Json = {
  'x-correlation-id': { description: 'Of this request.', schema: { type: 'string' } },
}

const POSITION_HEADER: Json = {
  'x-orion-position': {
    description: 'What the answer reflects: sent with a read, it is waited for, on any gateway.',
    schema: { type: 'string' },
  },
}

const KEY_PARAMETER: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Names this command: one that is sent again with the same key is not done again, and gets the first outcome. Without it each is a new one.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
}

const POSITION_PARAMETER: Json = {
  name: 'x-orion-position',
  in: 'header',
  required: false,
  description: 'From an earlier answer: the read waits until it is reflected.',
  schema: { type: 'string', maxLength: 2000 },
}

const ACCEPTED: Json = {
  description: 'Taken; its outcome is not known yet. Ask at the location, or send it again.',
  headers: {
    ...HEADERS,
    location: { description: 'Where the outcome will show.', schema: { type: 'string' } },
  },
  content: {
    'application/json': {
      schema: {
        type: 'object',
        properties: { commandId: { type: 'string' }, correlationId: { type: 'string' } },
        required: ['commandId', 'correlationId'],
        additionalProperties: false,
      },
    },
  },
}
