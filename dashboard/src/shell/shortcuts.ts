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
      ['g', 'Next page: market, topologies (operators)'],
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
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement
}
