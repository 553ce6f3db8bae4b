import {
  Consumed,
  JoinWindows,
  Produced,
  StreamJoined,
  StreamsBuilder,
  stringSerde,
  type Topology,
} from '#streams'

export const INPUTS = ['orders', 'payments', 'accounts'] as const
export const OUTPUTS = ['paid', 'totals'] as const
export const STORES = [
  'settled-this-join-store',
  'settled-other-join-store',
  'accounts',
  'totals',
] as const
/** Of these the order of arrival is part of the contents: they are compared with their changelogs, not with those of another run. */
export const ARRIVAL_ORDERED_STORES: ReadonlySet<string> = new Set(STORES.slice(0, 2))

export const ACCOUNTS = 40
const HOUR_MS = 3_600_000

export interface Order {
  readonly number: number
  readonly id: string
  readonly account: string
  readonly amount: number
}

/** The order with this number, of which there is one. */
export function orderOf(number: number): Order {
  return {
    number,
    id: `order-${number}`,
    account: accountOf(number % ACCOUNTS),
    amount: 1 + ((number * 7_919) % 97),
  }
}

export function accountOf(number: number): string {
  return `account-${number}`
}

/**
 * Orders joined with their payments in a window, brought to their accounts through a repartition topic, joined with the table of accounts,
 * told one by one, and added up by account. Whatever order tasks take their inputs in, each order is told once, and the last totals
 * are the same.
 */
export function paymentsTopology(name: string, inputs: string, outputs: string): Topology {
  const texts = { keySerde: stringSerde, valueSerde: stringSerde }
  const consumed = (as: string) => Consumed.with(stringSerde, stringSerde, { as })
  const produced = (as: string) => Produced.with(stringSerde, stringSerde, { as })
  const t = new StreamsBuilder()
  const orders = t.stream(`${inputs}orders`, consumed('orders'))
  const payments = t.stream(`${inputs}payments`, consumed('payments'))
  const accounts = t.table(`${inputs}accounts`, {
    ...consumed('accounts'),
    materialized: { as: 'accounts' },
  })
  const settled = orders
    .join(
      payments,
      (order, payment) => `${order} ${payment}`,
      JoinWindows.ofTimeDifferenceAndGrace(HOUR_MS, HOUR_MS),
      StreamJoined.with(stringSerde, stringSerde, stringSerde, {
        as: 'settled',
        storeName: 'settled',
      }),
    )
    .selectKey((_id, value) => value.split(' ')[1] ?? '', { as: 'account-of' })
    .repartition({ ...texts, as: 'by-account' })
    .join(accounts, (value, account) => `${value} ${account}`, { as: 'named', ...texts })
  settled.to(`${outputs}paid`, produced('paid'))
  settled
    .groupByKey({ ...texts, as: 'per-account' })
    .aggregate(
      () => '0 0',
      (_account, value, total) => {
        const [count = 0, sum = 0] = total.split(' ').map(Number)
        return `${count + 1} ${sum + Number(value.split(' ')[2])}`
      },
      { as: 'totals', materialized: { as: 'totals', valueSerde: stringSerde } },
    )
    .toStream({ as: 'changes' })
    .to(`${outputs}totals`, produced('totals-out'))
  return t.build(name)
}
