import { StreamsError } from '#streams'

type Uws = typeof import('uWebSockets.js')

/** Loads the native server. @throws {StreamsError} GATEWAY_UNSUPPORTED_NODE where it has no binary */
export async function loadUws(): Promise<Uws> {
  try {
    return await import('uWebSockets.js')
  } catch (cause) {
    throw new StreamsError(
      'GATEWAY_UNSUPPORTED_NODE',
      `uWebSockets has no binary for Node ${process.versions.node} on ${process.platform}-${process.arch}`,
      {},
      'Run it with Node 22 on Linux (glibc), macOS or Windows: bin/orion.js does so by itself after npm ci.',
      cause,
    )
  }
}
