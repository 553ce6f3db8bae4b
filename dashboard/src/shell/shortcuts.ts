/** Every shortcut, as it is shown by `?`. The keys are bound in `workspace.svelte` and its parts. */
export const SHORTCUTS: readonly {
  readonly group: string
  readonly keys: readonly (readonly [keys: string, does: string])[]
}[] = [
  {
    group: 'Go',
    keys: [
      ['/', 'Command line: type an instrument, Enter goes there'],
      ['↑ ↓', 'Previous, next instrument'],
      ['PgUp PgDn', 'A page up, down'],
      ['Home End', 'First, last instrument'],
      ['w', 'Next watchlist'],
      ['Shift w', 'Previous watchlist'],
      ['1 … 9', 'Watchlist by number'],
      ['g', 'Next page: market, sales, RFQs, trades, topologies'],
      ['a', 'Notifications: ↑ ↓ choose, Enter goes there, m marks all read'],
    ],
  },
  {
    group: 'Ask for a price (traders)',
    keys: [
      ['b', 'Ticket to buy the instrument'],
      ['s', 'Ticket to sell the instrument'],
      ['r', 'Ticket, or back to it'],
      ['/ eurusd buy 5m 30s', 'Ticket from the command line'],
      ['Enter', 'In the ticket: send; then arm the best quote; then accept it'],
      ['1 … 9', 'In the ticket: arm the quote of that rank, again: accept it'],
      ['Esc', 'In the ticket: disarm, else close'],
      ['x', 'In the ticket: cancel the request'],
      ['Alt x', 'Anywhere: cancel all of your open requests, once confirmed'],
    ],
  },
  {
    group: 'Quote by hand (sales)',
    keys: [
      ['↑ ↓ Home End', 'Choose a request'],
      ['Enter', 'To the price; then send the quote'],
      ['↑ ↓', 'In the price: a tick up, down; in the size: a step'],
      ['Esc', 'Back to the requests'],
    ],
  },
  {
    group: 'In a table',
    keys: [
      ['↑ ↓ PgUp PgDn Home End', 'Move'],
      ['Enter → ←', 'Expand, collapse'],
      ['f', 'Search; Enter goes back to the table'],
      ['i', 'The chain of events behind the row'],
      ['m', 'The instrument of the row in the market'],
      ['[ ]', 'Previous, next tab'],
    ],
  },
  {
    group: 'Arrange',
    keys: [
      ['p', 'Pin or unpin the instrument'],
      ['n', 'New watchlist'],
      ['e', 'Rename the watchlist'],
      ['Delete', 'Take the instrument off your watchlist'],
      ['Alt ↑ ↓', 'Move the instrument in your watchlist'],
      ['Alt ← →', 'Move your watchlist'],
      ['Shift c', 'Columns of the table: show, move, widen'],
      ['Shift Enter', 'In the command line: add to your watchlist'],
    ],
  },
  {
    group: 'Look',
    keys: [
      ['c', 'Chart: next interval'],
      ['t', 'Light or dark'],
      ['?', 'This list'],
      ['Esc', 'Close, or back to the watchlist'],
    ],
  },
]

/** Fields take letters as text. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
}
