import { avroValueSerde, recordSchemas } from '#avro'
import { keyValueStore, stringSerde } from '#streams'

/** Stores of the topologies. Keys are those of the streams, but for the book's levels. Their names name changelog topics: never change one. */
export const stores = {
  /** Filled from admin.instruments on every instance. */
  instruments: 'instruments',
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
} as const
