import type { Decimal } from 'decimal.js'

/** All digits, in groups of three: `5,000,000.25`. */
export function shownAmount(amount: Decimal): string {
  const [whole = '', fraction] = amount.toFixed().split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** With a full stop, if it has none. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
