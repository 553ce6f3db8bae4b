import { join } from 'node:path'
import {
  connectRegistry,
  type EmbeddedRegistry,
  openEmbeddedRegistry,
  type SchemaRegistry,
} from '#avro'

export interface OpenRegistry {
  readonly registry: SchemaRegistry
  /** Set when it is this installation's own. */
  readonly embedded: EmbeddedRegistry | undefined
  close(): void
}

export function openRegistry({
  dataDir,
  registry: url,
}: {
  readonly dataDir: string
  readonly registry?: string | undefined
}): OpenRegistry {
  if (url === undefined) {
    const embedded = openEmbeddedRegistry({ directory: join(dataDir, 'registry') })
    return { registry: embedded, embedded, close: () => embedded.close() }
  }
  const { username, password, origin, pathname } = new URL(url)
  return {
    registry: connectRegistry({
      url: `${origin}${pathname}`,
      ...(username === ''
        ? {}
        : {
            auth: {
              username: decodeURIComponent(username),
              password: decodeURIComponent(password),
            },
          }),
    }),
    embedded: undefined,
    close: () => undefined,
  }
}
