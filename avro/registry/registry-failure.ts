import { StreamsError } from '#streams'

/** A refusal of any registry as the rest of the program sees it. */
export function registryFailure(
  status: number | undefined,
  message: string,
  subject: string | undefined,
  cause: unknown,
): StreamsError {
  const what = subject === undefined ? message : `subject ${subject}: ${message}`
  switch (status) {
    case 404:
      return new StreamsError(
        'REGISTRY_UNKNOWN_SCHEMA',
        what,
        {},
        'See whether this is the registry that the writers use.',
        cause,
      )
    case 409:
      return new StreamsError(
        'AVRO_SCHEMA_INCOMPATIBLE',
        what,
        {},
        'Give added fields a default and keep what was there, or publish under a new major version of the topic.',
        cause,
      )
    case 422:
      return new StreamsError('AVRO_SCHEMA_INVALID', what, {}, 'Correct the schema.', cause)
    default:
      return new StreamsError(
        'REGISTRY_UNAVAILABLE',
        what,
        {},
        'Start the registry, or correct its URL; then try again.',
        cause,
      )
  }
}
