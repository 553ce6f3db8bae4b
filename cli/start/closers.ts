import type { Logger } from '#streams'

/** What has been opened, closed in reverse order; a part that fails to close does not keep the others open. */
export class Closers {
  readonly #parts: { readonly name: string; readonly close: () => Promise<void> | void }[] = []
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  add(name: string, close: () => Promise<void> | void): void {
    this.#parts.push({ name, close })
  }

  async close(): Promise<void> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      try {
        await part.close()
        this.#logger.debug({ entity: part.name }, 'closed')
      } catch (error) {
        this.#logger.error(
          { entity: part.name, error: String(error) },
          'could not be closed in good order',
        )
      }
    }
  }
}
