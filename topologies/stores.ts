import { avroValueSerde, recordSchemas } from '#avro'
import { keyValueStore, stringSerde, windowStore } from '#streams'

/** Stores of the topologies. Keys are those of the streams, but for the book's levels. Their names name changelog topics: never change one. */
export const stores = {
  /** Global tables: filled on every instance from the stream of that name. */
  instruments: 'instruments',
  marks: 'marks',
  venues: 'venues',
  lps: 'lps',
  limits: 'limits',
  flags: 'flags',
  killSwitch: 'killswitch',
  lastTicks: keyValueStore({
    name: 'last-ticks',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.LastTick),
  }),
  silences: keyValueStore({
    name: 'silences',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.InstrumentSilence),
  }),
  snapshots: keyValueStore({
    name: 'snapshots',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.SnapshotState),
  }),
  /** By `key|side|price`. */
  bookLevels: keyValueStore({
    name: 'book-levels',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.BookLevel),
  }),
  openBars: keyValueStore({
    name: 'open-bars',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.OpenBars),
  }),
  /** By `tenantId|rfqId|quoteId`. */
  tradeKeys: keyValueStore({
    name: 'trade-keys',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.TradeKey),
  }),
  /** Ids of confirmations, by trade. */
  confirmed: keyValueStore({
    name: 'confirmed',
    keySerde: stringSerde,
    valueSerde: stringSerde,
  }),
  /** By trade: those that are open, and those that failed. */
  settlements: keyValueStore({
    name: 'settlements',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.OpenSettlement),
  }),
  /** By `<ms, padded>|<trade>`. */
  attemptTimers: keyValueStore({
    name: 'attempt-timers',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.AttemptTimer),
  }),
  lastMarks: keyValueStore({
    name: 'last-marks',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.MarkState),
  }),
  /** Sliding windows of RFQ rates and throttles, see processors/admission/sliding-windows.ts. */
  rfqRates: keyValueStore({
    name: 'rfq-rates',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.RateCount),
  }),
  rfqs: keyValueStore({
    name: 'rfqs',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.KeptRfq),
  }),
  /** By `<ms, padded>|<key of the RFQ>`: one a RFQ. */
  rfqDeadlines: keyValueStore({
    name: 'rfq-deadlines',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.RfqDeadline),
  }),
  /** Open RFQs that the alerts may still have something to say of. */
  watchedRfqs: keyValueStore({
    name: 'watched-rfqs',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.WatchedRfq),
  }),
  /** By tenant, rule, subject, user and instrument. */
  toldBreaches: keyValueStore({
    name: 'told-breaches',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.ToldBreach),
  }),
  /** By RFQ and the time of its end, for a day: the event that ended it. */
  endedRfqs: windowStore({
    name: 'ended-rfqs',
    keySerde: stringSerde,
    valueSerde: stringSerde,
    windowSizeMs: 1,
    retentionMs: 24 * 60 * 60_000,
  }),
  /** By tenant and liquidity provider. */
  lpTallies: keyValueStore({
    name: 'lp-tallies',
    keySerde: stringSerde,
    valueSerde: avroValueSerde(recordSchemas.LpTally),
  }),
} as const
