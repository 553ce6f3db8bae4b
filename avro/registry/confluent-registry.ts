import {
  COMPATIBILITY,
  SchemaRegistry as ConfluentClient,
  SchemaType,
} from '@kafkajs/confluent-schema-registry'
import { z } from 'zod'
import { type AvroType, exportSchema } from '../avro-type.ts'
import type { Compatibility } from '../compatibility.ts'
import { DecimalType } from '../logical-types.ts'
import type { AvroSchema } from '../schema.ts'
import type { RegisteredVersion, SchemaRegistry } from './registry.ts'
import { registryFailure } from './registry-failure.ts'

const REQUEST_TIMEOUT_MS = 10_000

export interface ConfluentRegistryOptions {
  /** Base of the REST API, e.g. `http://localhost:8081`, or `.../apis/ccompat/v7` of Apicurio. */
  readonly url: string
  readonly auth?: { readonly username: string; readonly password: string }
}

const versionNumbers = z.array(z.number())
const versionBody = z.object({ version: z.number(), id: z.number(), schema: z.string() })
const schemaBody = z.object({ schema: z.string(), references: z.array(z.unknown()).optional() })
const refusal = z.object({ message: z.string() })

/**
 * A registry that speaks Confluent's REST API, through `@kafkajs/confluent-schema-registry`; what that client has no method for
 * (versions of a subject, compatibility level) is asked for directly.
 */
export function connectRegistry(options: ConfluentRegistryOptions): SchemaRegistry {
  return new ConfluentRegistry(options)
}

class ConfluentRegistry implements SchemaRegistry {
  readonly #client: ConfluentClient
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>

  constructor({ url, auth }: ConfluentRegistryOptions) {
    this.#url = url.replace(/\/+$/, '')
    this.#client = new ConfluentClient(
      {
        host: this.#url,
        clientId: 'orion',
        // Without it a registry that accepts and never answers would be waited for without end.
        middlewares: [
          () => ({
            prepareRequest: async (next) => (await next()).enhance({ timeout: REQUEST_TIMEOUT_MS }),
          }),
        ],
        ...(auth === undefined ? {} : { auth }),
      },
      // The client gives parsed types, not texts: decimals have to survive that.
      { [SchemaType.AVRO]: { logicalTypes: { decimal: DecimalType } } },
    )
    const token = auth && Buffer.from(`${auth.username}:${auth.password}`).toString('base64')
    this.#headers = {
      'content-type': 'application/vnd.schemaregistry.v1+json',
      ...(token === undefined ? {} : { authorization: `Basic ${token}` }),
    }
  }

  async register(subject: string, schema: AvroSchema): Promise<number> {
    try {
      const registered = await this.#client.register(
        { type: SchemaType.AVRO, schema: JSON.stringify(schema) },
        { subject, compatibility: COMPATIBILITY.BACKWARD_TRANSITIVE },
      )
      return registered.id
    } catch (cause) {
      throw failure(cause, subject)
    }
  }

  /** What the registry answers in full is the schema or a refusal; only the lack of an answer is REGISTRY_UNAVAILABLE. */
  async schemaById(id: number): Promise<AvroSchema> {
    const body = await this.#request('GET', `/schemas/ids/${id}`, undefined)
    if (body === undefined)
      throw registryFailure(404, `schema ${id} is not known`, undefined, undefined)
    const { data, error } = schemaBody.safeParse(body)
    if (data === undefined)
      throw registryFailure(422, `the answer for schema ${id} is none: ${error}`, undefined, error)
    try {
      if ((data.references?.length ?? 0) === 0) return JSON.parse(data.schema) as AvroSchema
      return exportSchema((await this.#client.getSchema(id)) as unknown as AvroType)
    } catch (cause) {
      if (cause instanceof SyntaxError)
        throw registryFailure(422, `schema ${id}: ${cause.message}`, undefined, cause)
      throw failure(cause, undefined)
    }
  }

  async versions(subject: string): Promise<readonly RegisteredVersion[]> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`
    const numbers = await this.#request('GET', path, subject)
    if (numbers === undefined) return []
    const found: RegisteredVersion[] = []
    for (const number of versionNumbers.parse(numbers).sort((a, b) => a - b)) {
      const body = await this.#request('GET', `${path}/${number}`, subject)
      // Deleted between the two requests.
      if (body === undefined) continue
      const { version, id, schema } = versionBody.parse(body)
      found.push({ subject, version, id, schema: JSON.parse(schema) as AvroSchema })
    }
    return found
  }

  async setCompatibility(subject: string, level: Compatibility): Promise<void> {
    // Some registries know no level for a subject without schemas (404): then the client sets it when it registers the first.
    await this.#request('PUT', `/config/${encodeURIComponent(subject)}`, subject, {
      compatibility: level,
    })
  }

  /** The JSON of the answer; undefined for 404. */
  async #request(
    method: string,
    path: string,
    subject: string | undefined,
    body?: unknown,
  ): Promise<unknown> {
    let status: number | undefined
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method,
        headers: this.#headers,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      status = response.status
      const json: unknown = await response.json()
      if (status === 404) return undefined
      if (response.ok) return json
      const { data } = refusal.safeParse(json)
      throw new Error(data?.message ?? `${method} ${path} was answered with ${status}`)
    } catch (cause) {
      const { message } = cause as Error
      // An answer that came whole and is no JSON will be none the next time either.
      const isMalformed = status === 200 && cause instanceof SyntaxError
      throw registryFailure(isMalformed ? 422 : status, message, subject, cause)
    }
  }
}

/** The client's errors carry the HTTP status where there was an answer. */
function failure(cause: unknown, subject: string | undefined): Error {
  if (!(cause instanceof Error)) return registryFailure(undefined, String(cause), subject, cause)
  const status = 'status' in cause && typeof cause.status === 'number' ? cause.status : undefined
  const invalid = cause.name.startsWith('ConfluentSchemaRegistry')
  return registryFailure(status ?? (invalid ? 422 : undefined), cause.message, subject, cause)
}
