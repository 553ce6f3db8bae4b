import pino from 'pino'
import type { LogFields, Logger } from '#streams'

/** JSON lines on stderr, one object a line, with the fields that the caller gave. */
export function createLogger(level: string, base: LogFields): Logger {
  return wrap(
    pino(
      {
        level,
        base,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        redact: ['password', 'token', 'accessToken', 'refreshToken'],
      },
      pino.destination({ dest: 2, sync: true }),
    ),
  )
}

/** What Node would print itself, as lines of the log: warnings, and the error that ends the process. */
export function logProcessTrouble(logger: Logger): void {
  process.removeAllListeners('warning')
  process.on('warning', ({ name, message }) =>
    logger.warn({ entity: 'node', name }, message.replaceAll('\n', ' ')),
  )
  process.on('uncaughtException', (error) => {
    logger.error({ entity: 'orion', error: String(error), stack: error?.stack }, 'a fault ends it')
    process.exit(1)
  })
}

/** Names the tenant of lines that carry a record's key: keys are `tenant|entity`. */
export function namingTenants(logger: Logger): Logger {
  const named = (fields: LogFields): LogFields => {
    const { key, tenantId } = fields
    if (typeof key !== 'string' || tenantId !== undefined) return fields
    const end = key.indexOf('|')
    return end < 1 ? fields : { tenantId: key.slice(0, end), ...fields }
  }
  return {
    debug: (fields, message) => logger.debug(named(fields), message),
    info: (fields, message) => logger.info(named(fields), message),
    warn: (fields, message) => logger.warn(named(fields), message),
    error: (fields, message) => logger.error(named(fields), message),
    child: (fields) => namingTenants(logger.child(fields)),
  }
}

function wrap(line: pino.Logger): Logger {
  return {
    debug: (fields, message) => line.debug(fields, message),
    info: (fields, message) => line.info(fields, message),
    warn: (fields, message) => line.warn(fields, message),
    error: (fields, message) => line.error(fields, message),
    child: (fields) => wrap(line.child(fields)),
  }
}
