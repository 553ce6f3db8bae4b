/** A refusal with Confluent's HTTP status and error code. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  readonly status: number
  readonly errorCode: number

  constructor(errorCode: number, message: string) {
    super(message)
    this.errorCode = errorCode
    // Confluent's codes are the HTTP status, or the status and two digits more.
    this.status = errorCode > 999 ? Math.floor(errorCode / 100) : errorCode
  }
}

export const unknownSubject = (subject: string): RegistryError =>
  new RegistryError(40401, `Subject '${subject}' not found.`)
export const unknownVersion = (version: number | string): RegistryError =>
  new RegistryError(40402, `Version ${version} not found.`)
export const unknownSchema = (): RegistryError => new RegistryError(40403, 'Schema not found')
export const unknownSchemaId = (id: number): RegistryError =>
  new RegistryError(40403, `Schema ${id} not found`)
