import { tinykeys } from 'tinykeys'
import type { Side } from '#sdk'
import type { WatchlistDesk } from '../watchlists/watchlist-desk.svelte.ts'
import { isTyping } from './shortcuts.ts'
import { theme } from './theme.svelte.ts'

export interface KeyActions {
  readonly desk: WatchlistDesk
  readonly pageRows: () => number
  readonly focusGrid: () => void
  readonly focusCommandLine: () => void
  readonly newList: () => void
  readonly renameList: () => void
  readonly chooseColumns: () => void
  readonly nextInterval: () => void
  readonly nextPage: () => void
  readonly showHelp: () => void
  readonly toggleInbox: () => void
  /** The one key that fields and dialogs do not keep. */
  readonly cancelAll: () => void
  /** The watchlist is on the screen: only then do its keys do something. */
  readonly isMarket: () => boolean
  /** A ticket for the selected instrument, or back to the one that is there. */
  readonly openTicket: (side?: Side) => void
}

/** Binds every shortcut of `shortcuts.ts` that works everywhere; fields and dialogs keep their keys. Returns how to unbind. */
export function bindKeys(actions: KeyActions): () => void {
  const { desk } = actions
  const move = (by: () => number) => () => {
    desk.moveSelection(by())
    actions.focusGrid()
  }
  const onSelected = (act: (instrumentId: string) => void) => () => {
    if (desk.selectedId !== undefined) act(desk.selectedId)
  }
  const market: Record<string, () => void> = {
    ArrowDown: move(() => 1),
    ArrowUp: move(() => -1),
    PageDown: move(actions.pageRows),
    PageUp: move(() => -actions.pageRows()),
    Home: move(() => -desk.rows.length),
    End: move(() => desk.rows.length),
    'Alt+ArrowDown': () => desk.moveSelected(1),
    'Alt+ArrowUp': () => desk.moveSelected(-1),
    'Alt+ArrowLeft': () => desk.moveActive(-1),
    'Alt+ArrowRight': () => desk.moveActive(1),
    w: () => desk.openNext(1),
    'Shift+W': () => desk.openNext(-1),
    p: onSelected((id) => desk.togglePin(id)),
    Delete: onSelected((id) => desk.remove(id)),
    n: actions.newList,
    e: actions.renameList,
    c: actions.nextInterval,
    'Shift+C': actions.chooseColumns,
    Escape: actions.focusGrid,
  }
  for (let number = 1; number <= 9; number += 1)
    market[String(number)] = () => {
      const tab = desk.tabs[number - 1]
      if (tab !== undefined) desk.open(tab.id)
    }
  const everywhere: Record<string, () => void> = {
    '[Shift]+/': actions.focusCommandLine,
    '[Shift]+?': actions.showHelp,
    g: actions.nextPage,
    a: actions.toggleInbox,
    t: () => theme.toggle(),
    b: () => actions.openTicket('BUY'),
    s: () => actions.openTicket('SELL'),
    r: () => actions.openTicket(),
  }
  const handler = (act: () => void, isOn: () => boolean) => (event: KeyboardEvent) => {
    if (!isOn()) return
    event.preventDefault()
    act()
  }
  const handlers = [
    ...Object.entries(market).map(([keys, act]) => [keys, handler(act, actions.isMarket)]),
    ...Object.entries(everywhere).map(([keys, act]) => [keys, handler(act, () => true)]),
  ]
  const cancelAll = handler(actions.cancelAll, () => true)
  // By its place as well: where Alt and a letter make a sign.
  const unbindUrgent = tinykeys(
    window,
    { 'Alt+x': cancelAll, 'Alt+KeyX': cancelAll },
    { ignore: (event) => event.isComposing },
  )
  const unbind = tinykeys(window, Object.fromEntries(handlers), {
    // Held keys repeat: an arrow that is held runs through the list.
    ignore: (event) =>
      event.isComposing ||
      isTyping(event.target) ||
      document.querySelector('dialog[open]') !== null,
  })
  return () => {
    unbindUrgent()
    unbind()
  }
}
