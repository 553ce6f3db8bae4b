import {
  avroValueSerde,
  type CommandsEnvelope,
  type QuotesEnvelope,
  recordSchemas,
  type TradesEnvelope,
} from '#avro'
import {
  admitRfqs,
  type CreateRfqEnvelope,
  isBreach,
} from '#processors/admission/admission-processor'
import { followRfqs } from '#processors/rfq/lifecycle-processor'
import { refuseMisfits } from '#processors/rfq/misfits-processor'
import { Materialized, StreamsBuilder, stringSerde, type Topology } from '#streams'
import { recordKey, type Topics } from '#topics'
import { stores } from './stores.ts'

const NAME = 'rfq'

/**
 * Requests for quote. Each is admitted and routed where its tenant is counted, then lives where it is kept, with the commands, quotes and
 * trades that come to it and the moments that it waits for.
 *
 * @param admit takes the place of admission, in tests
 */
export function rfqTopology(topics: Topics, admit = admitRfqs): Topology {
  const t = new StreamsBuilder()

  const instruments = t.globalTable(topics.admin.instruments, table(stores.instruments))
  const venues = t.globalTable(topics.admin.venues, table(stores.venues))
  const lps = t.globalTable(topics.admin.lps, table(stores.lps))
  const limits = t.globalTable(topics.admin.limits, table(stores.limits))
  const flags = t.globalTable(topics.admin.flags, table(stores.flags))
  const killSwitch = t.globalTable(topics.risk.killswitch, table(stores.killSwitch))
  const marks = t.globalTable(topics.marketdata.marks, table(stores.marks))

  const commands = t
    .stream(topics.rfq.commands, { as: 'commands' })
    .processValues(refuseMisfits<CommandsEnvelope>(rfqOf), {
      as: 'check-commands',
      ...values(topics.rfq.commands),
    })

  const { creates, answers } = commands
    .split({ as: 'commands-' })
    .branch('creates', isCreate)
    .defaultBranch('answers')

  const createsByTenant = creates
    .selectKey(tenantOf, { as: 'key-by-tenant', keySerde: stringSerde })
    .repartition({ as: 'creates-by-tenant' })

  const judged = createsByTenant.process(
    admit({
      topology: NAME,
      rates: stores.rfqRates,
      instruments: instruments.store,
      marks: marks.store,
      venues: venues.store,
      lps: lps.store,
      limits: limits.store,
      flags: flags.store,
      killSwitch: killSwitch.store,
    }),
    {
      as: 'admit',
      stores: [
        stores.rfqRates,
        instruments.storeName,
        marks.storeName,
        venues.storeName,
        lps.storeName,
        limits.storeName,
        flags.storeName,
        killSwitch.storeName,
      ],
    },
  )

  const { breaches, admissions } = judged
    .split({ as: 'judged-' })
    .branch('breaches', isBreach)
    .defaultBranch('admissions')

  breaches.to(topics.risk.alerts, { as: 'risk-alerts-sink' })

  const admissionsByRfq = admissions.repartition({
    as: 'admissions-by-rfq',
    keySerde: stringSerde,
    valueSerde: admissionSerde,
  })

  const quotes = t
    .stream(topics.rfq.quotes, { as: 'quotes' })
    .processValues(refuseMisfits<QuotesEnvelope>(rfqOf), { as: 'check-quotes' })

  const tradesByRfq = t
    .stream(topics.execution.trades, { as: 'trades' })
    .processValues(refuseMisfits(tradeOf), {
      as: 'check-trades',
      ...values(topics.execution.trades),
    })
    .selectKey(rfqKeyOf, { as: 'key-by-rfq', keySerde: stringSerde })
    .repartition({ as: 'trades-by-rfq' })

  const lifecycle = answers
    .merge(quotes, { as: 'with-quotes' })
    .merge(admissionsByRfq, { as: 'with-admissions' })
    .merge(tradesByRfq, { as: 'with-trades' })
    .processValues(
      followRfqs({
        topology: NAME,
        rfqs: stores.rfqs,
        deadlines: stores.rfqDeadlines,
        marks: marks.store,
        lps: lps.store,
        lookEveryMs: LOOK_EVERY_MS,
        keepMs: KEEP_MS,
      }),
      {
        as: 'lifecycle',
        stores: [stores.rfqs, stores.rfqDeadlines, marks.storeName, lps.storeName],
      },
    )

  lifecycle.to(topics.rfq.lifecycle, { as: 'lifecycle-sink' })

  return t.build(NAME)
}

const LOOK_EVERY_MS = 20
/** For a day a retried command gets its first outcome; then the RFQ is gone from the store. */
const KEEP_MS = 24 * 60 * 60_000

const admissionSerde = avroValueSerde(recordSchemas.Admission)

function table(name: string) {
  return { as: name, materialized: Materialized.as(name) }
}

function values<S>({ valueSerde }: { readonly valueSerde: S }) {
  return { valueSerde }
}

function rfqOf({ payload }: { readonly payload: { readonly rfqId: string } }): string {
  return payload.rfqId
}

function tradeOf({ payload }: TradesEnvelope): string {
  return payload.tradeId
}

function isCreate(_key: string, command: CommandsEnvelope): command is CreateRfqEnvelope {
  return command.eventType === 'CreateRFQ'
}

function tenantOf(_key: string, { tenantId }: CreateRfqEnvelope): string {
  return recordKey(tenantId, tenantId)
}

function rfqKeyOf(_key: string, { tenantId, payload }: TradesEnvelope): string {
  return recordKey(tenantId, payload.rfqId)
}
