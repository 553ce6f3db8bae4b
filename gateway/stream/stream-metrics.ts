import type { Counter, Histogram, Metrics } from '#streams'

export interface StreamMetrics {
  readonly frames: Counter
  readonly frameBytes: Counter
  /** Of channels of which nothing is lost. */
  readonly journalFrames: Counter
  readonly resets: Counter
  readonly framesSkipped: Counter
  readonly slowClosed: Counter
  readonly refused: Counter
  readonly passSeconds: Histogram
  /** Messages of clients that could not be taken, by reason. */
  readonly badMessages: Readonly<Record<BadMessage, Counter>>
}

export type BadMessage = 'not-understood' | 'too-many' | 'too-large' | 'not-websocket'

export function streamMetrics(metrics: Metrics): StreamMetrics {
  const bad = (reason: BadMessage): Counter =>
    metrics.counter(
      'orion_gateway_bad_messages_total',
      'WebSocket messages not taken, by reason.',
      {
        reason,
      },
    )
  return {
    frames: metrics.counter('orion_gateway_frames_total', 'Market frames written to clients.'),
    frameBytes: metrics.counter(
      'orion_gateway_frame_bytes_total',
      'Bytes of frames written to clients.',
    ),
    journalFrames: metrics.counter(
      'orion_gateway_journal_frames_total',
      'Frames of the channels rfqs, trades and alerts written to clients.',
    ),
    resets: metrics.counter(
      'orion_gateway_journal_resets_total',
      'Times that a client was too slow for rfqs, trades or alerts and began again with a snapshot.',
    ),
    framesSkipped: metrics.counter(
      'orion_gateway_frames_skipped_total',
      'Frames that a slow client did not get; it gets the latest values later.',
    ),
    slowClosed: metrics.counter(
      'orion_gateway_slow_clients_closed_total',
      'Connections closed because they read too slowly for too long.',
    ),
    refused: metrics.counter(
      'orion_gateway_subscriptions_refused_total',
      'Instruments that a client asked for and may not see, or that do not exist.',
    ),
    passSeconds: metrics.histogram(
      'orion_gateway_frame_pass_seconds',
      'Time to write one tick of the coalescer to all clients, in s.',
      [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    ),
    badMessages: {
      'not-understood': bad('not-understood'),
      'too-many': bad('too-many'),
      'too-large': bad('too-large'),
      'not-websocket': bad('not-websocket'),
    },
  }
}
