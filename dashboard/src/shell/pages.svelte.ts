import type { Me, Role } from '#sdk'

export type Page = 'market' | 'topologies'

interface Offer {
  readonly page: Page
  readonly title: string
  /** Undefined: for everybody. The gateway refuses others in any case. */
  readonly roles?: readonly Role[]
}

const OFFERS: readonly Offer[] = [
  { page: 'market', title: 'Market' },
  { page: 'topologies', title: 'Topologies', roles: ['PLATFORM', 'ADMIN'] },
]

/** Which page is shown. It is in the address after #, so that it can be linked to, kept and gone back from. */
export class Pages {
  readonly offered: readonly Offer[]
  current: Page = $state('market')

  constructor({ roles }: Me) {
    this.offered = OFFERS.filter(
      (offer) => offer.roles === undefined || offer.roles.some((role) => roles.includes(role)),
    )
    this.#read()
  }

  address(page: Page): string {
    return `#/${page}`
  }

  /** The one after this; after the last the first. */
  next(): void {
    const index = this.offered.findIndex(({ page }) => page === this.current)
    const next = this.offered[(index + 1) % this.offered.length]
    if (next !== undefined) location.hash = this.address(next.page)
  }

  /** Follows the address. Returns how to stop. */
  follow(): () => void {
    const read = () => this.#read()
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }

  #read(): void {
    const found = this.offered.find(({ page }) => this.address(page) === location.hash)
    this.current = found?.page ?? 'market'
  }
}
