import { z } from 'zod'
import { RegistryError } from './registry-error.ts'
import type { VersionQuery } from './subject-store.ts'

const schemaBody = z.object({
  schema: z.string().min(1),
  schemaType: z.string().optional(),
  references: z.array(z.unknown()).max(0, 'references are not supported').nullish(),
})

const levelBody = z.object({
  compatibility: z.enum([
    'NONE',
    'BACKWARD',
    'BACKWARD_TRANSITIVE',
    'FORWARD',
    'FORWARD_TRANSITIVE',
    'FULL',
    'FULL_TRANSITIVE',
  ]),
})

const versionNumber = z.coerce.number().int().min(1).max(0x7fff_ffff)
const subjectName = z.string().min(1).max(1_000)

/** The schema's text of a request body. @throws {RegistryError} 42201 */
export function schemaTextOf(body: unknown): string {
  const parsed = schemaBody.safeParse(body)
  if (!parsed.success) throw new RegistryError(42201, `Invalid schema: ${problems(parsed.error)}`)
  const { schema, schemaType = 'AVRO' } = parsed.data
  if (schemaType.toUpperCase() !== 'AVRO') {
    throw new RegistryError(42201, `Invalid schema: type ${schemaType} is not supported, only AVRO`)
  }
  return schema
}

/** @throws {RegistryError} 42203 */
export function levelOf(body: unknown): z.infer<typeof levelBody>['compatibility'] {
  const parsed = levelBody.safeParse(body)
  if (!parsed.success) {
    throw new RegistryError(
      42203,
      'Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive',
    )
  }
  return parsed.data.compatibility
}

/** A version in a path; `-1` is another way to say `latest`. @throws {RegistryError} 42202 */
export function versionOf(text: string): VersionQuery {
  if (text === 'latest' || text === '-1') return 'latest'
  const parsed = versionNumber.safeParse(text)
  if (!parsed.success) {
    throw new RegistryError(
      42202,
      `The specified version '${text}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
    )
  }
  return parsed.data
}

/** @throws {RegistryError} 40403 for what cannot be an id */
export function idOf(text: string): number {
  const parsed = versionNumber.safeParse(text)
  if (!parsed.success) throw new RegistryError(404, 'HTTP 404 Not Found')
  return parsed.data
}

/** @throws {RegistryError} 42208 */
export function subjectOf(text: string): string {
  const parsed = subjectName.safeParse(text)
  if (!parsed.success)
    throw new RegistryError(42208, `The specified subject '${text}' is not a valid`)
  return parsed.data
}

function problems(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
    .join('; ')
}
