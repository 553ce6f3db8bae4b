import { connect } from 'node:net'

/**
 * How many brokers the one on this port knows of, itself included; 0 while it does not answer. An open port proves little: the answer
 * to a Metadata request (version 1, for no topic) says that requests are served and that the node has joined.
 */
export function brokersKnown(host: string, port: number, timeoutMs: number): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let received = Buffer.alloc(0)
    const finish = (brokers: number) => {
      socket.destroy()
      resolve(brokers)
    }
    socket.setTimeout(timeoutMs, () => finish(0))
    socket.on('error', () => finish(0))
    socket.on('close', () => finish(0))
    socket.on('connect', () => socket.write(METADATA_REQUEST))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      // Size, correlation id, number of brokers.
      if (received.length >= 12) finish(received.readInt32BE(8))
    })
  })
}

const METADATA_REQUEST = Buffer.from([
  ...[0, 0, 0, 14],
  ...[0, 3],
  ...[0, 1],
  ...[0, 0, 0, 1],
  ...[0xff, 0xff],
  ...[0, 0, 0, 0],
])
