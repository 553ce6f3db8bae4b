import { connect } from 'node:net'

/**
 * How many partitions have fewer replicas in sync than they should, as the broker on this port sees it; undefined while it does not
 * answer. Metadata version 1, for all topics.
 */
export function partitionsOutOfSync(port: number, timeoutMs: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    let received = Buffer.alloc(0)
    const finish = (found: number | undefined) => {
      socket.destroy()
      resolve(found)
    }
    socket.setTimeout(timeoutMs, () => finish(undefined))
    socket.on('error', () => finish(undefined))
    socket.on('close', () => finish(undefined))
    socket.on('connect', () => socket.write(ALL_TOPICS))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return
      finish(outOfSync(received))
    })
  })
}

function outOfSync(answer: Buffer): number {
  let at = 8
  const int32 = () => {
    at += 4
    return answer.readInt32BE(at - 4)
  }
  const skipString = () => {
    at += 2 + Math.max(0, answer.readInt16BE(at))
  }
  for (let brokers = int32(); brokers > 0; brokers -= 1) {
    int32()
    skipString()
    int32()
    skipString()
  }
  int32()
  let behind = 0
  for (let topics = int32(); topics > 0; topics -= 1) {
    at += 2
    skipString()
    at += 1
    for (let partitions = int32(); partitions > 0; partitions -= 1) {
      at += 2 + 4 + 4
      const replicas = int32()
      at += 4 * replicas
      const inSync = int32()
      at += 4 * inSync
      if (inSync < replicas) behind += 1
    }
  }
  return behind
}

const ALL_TOPICS = Buffer.from([
  ...[0, 0, 0, 14],
  ...[0, 3],
  ...[0, 1],
  ...[0, 0, 0, 1],
  ...[0xff, 0xff],
  ...[0xff, 0xff, 0xff, 0xff],
])
