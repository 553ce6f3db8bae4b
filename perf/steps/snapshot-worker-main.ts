/** A worker thread of SnapshotApp's work: joins paused, and begins with the others. */
import { BroadcastChannel } from 'node:worker_threads'
import { serveStreamsWorker } from '#streams'
import { openWorkLog, type SnapshotWork, snapshotStreams } from '../scaling/snapshot-work.ts'

export interface SnapshotWorkerData {
  readonly work: SnapshotWork
  /** The state directory is in it, by the worker's name. */
  readonly directory: string
  /** A message on it is the start. */
  readonly channel: string
}

await serveStreamsWorker<SnapshotWorkerData>(async ({ work, directory, channel }, name, served) => {
  const log = served ?? (await openWorkLog(work))
  const streams = snapshotStreams(work, log, `${directory}-${name}`)
  streams.pause()
  const start = new BroadcastChannel(channel)
  start.onmessage = () => streams.resume()
  return {
    streams: [streams],
    close: async () => {
      start.close()
      if (served === undefined) await log.close()
    },
  }
})
