import type { HttpResponse } from 'uWebSockets.js'
import { ProblemError } from './problem.ts'

/** Collects a request's body. Must be called before the handler first waits. Rejects with 413 beyond `bytesMax`; never settles after an abort. */
export function readBody(res: HttpResponse, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    let bytes = 0
    let refused = false
    res.onData((chunk, isLast) => {
      if (refused) return
      bytes += chunk.byteLength
      if (bytes > bytesMax) {
        refused = true
        chunks = []
        reject(
          new ProblemError(413, 'body-too-large', `The body is larger than ${bytesMax} bytes.`, {
            headers: { connection: 'close' },
          }),
        )
        return
      }
      // The chunk's memory is taken back when this returns.
      chunks.push(Buffer.from(new Uint8Array(chunk)))
      if (isLast) resolve(Buffer.concat(chunks, bytes))
    })
  })
}

/** JSON of a body. Rejects bytes that are not UTF-8 as well as text that is not JSON. */
export function parseJsonBody(body: Buffer, contentType: string): unknown {
  if (!/^application\/json\s*(;|$)/i.test(contentType)) {
    throw new ProblemError(415, 'unsupported-media-type', 'Send the body as application/json.')
  }
  try {
    return JSON.parse(UTF8.decode(body))
  } catch (cause) {
    throw new ProblemError(400, 'malformed-body', 'The body is not JSON in UTF-8.', { cause })
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })
