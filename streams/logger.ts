/** Fields that every log line may carry; a line is one JSON object. */
export interface LogFields {
  readonly tenantId?: string
  readonly correlationId?: string
  readonly entity?: string
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
  readonly [field: string]: unknown
}

/** The part of a structured logger that rooms use; the composition root brings pino. Never called per record. */
export interface Logger {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  child(fields: LogFields): Logger
}

const nothing = (): void => {}

export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
}
