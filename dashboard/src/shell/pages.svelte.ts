import type { Me, Role } from '#sdk'

export type Page = 'market' | 'rfqs' | 'trades' | 'sales' | 'topologies'

interface Offer {
  readonly page: Page
  readonly title: string
  /** Undefined: for everybody. The gateway refuses others in any case. */
  readonly roles?: readonly Role[]
}

/** Who may see what is traded in the tenant; the gateway decides which of it. */
const SEES_TRADING: readonly Role[] = [
  'TRADER',
  'SALES',
  'RISK',
  'COMPLIANCE',
  'ADMIN',
  'ANALYST',
  'CLIENT',
]

const OFFERS: readonly Offer[] = [
  { page: 'market', title: 'Market' },
  { page: 'sales', title: 'Sales', roles: ['SALES'] },
  { page: 'rfqs', title: 'RFQs', roles: SEES_TRADING },
  { page: 'trades', title: 'Trades', roles: SEES_TRADING },
  { page: 'topologies', title: 'Topologies', roles: ['PLATFORM', 'ADMIN'] },
]

/** Which page is shown. It is in the address after #, so that it can be linked to, kept and gone back from. */
export class Pages {
  readonly offered: readonly Offer[]
  current: Page = $state('market')
  /** What the address names on the page: `#/rfqs/R-1`. */
  itemId: string | undefined = $state()

  constructor({ roles }: Me) {
    this.offered = OFFERS.filter(
      (offer) => offer.roles === undefined || offer.roles.some((role) => roles.includes(role)),
    )
    this.#read()
  }

  address(page: Page, itemId?: string): string {
    return itemId === undefined ? `#/${page}` : `#/${page}/${encodeURIComponent(itemId)}`
  }

  /** Of an item of a page, by the page's name; undefined when the user is not offered that page. */
  addressOf(page: string, itemId: string): string | undefined {
    const offer = this.offered.find((one) => one.page === page)
    return offer === undefined ? undefined : this.address(offer.page, itemId)
  }

  /** Goes there, unless it is a page that the user is not offered. */
  show(page: Page, itemId?: string): void {
    if (this.offered.some((offer) => offer.page === page)) this.#go(page, itemId)
  }

  /** The one after this; after the last the first. */
  next(): void {
    const index = this.offered.findIndex(({ page }) => page === this.current)
    const next = this.offered[(index + 1) % this.offered.length]
    if (next !== undefined) this.#go(next.page)
  }

  /** Follows the address. Returns how to stop. */
  follow(): () => void {
    const read = () => this.#read()
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }

  /** At once: the address tells of its change only later, and a second press of the key would start from the old page. */
  #go(page: Page, itemId?: string): void {
    location.hash = this.address(page, itemId)
    this.#read()
  }

  #read(): void {
    const [, name, item] = /^#\/([^/]+)(?:\/(.+))?$/.exec(location.hash) ?? []
    this.current = this.offered.find(({ page }) => page === name)?.page ?? 'market'
    this.itemId = item === undefined ? undefined : decoded(item)
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
