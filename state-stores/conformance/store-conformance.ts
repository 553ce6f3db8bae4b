import { afterEach, beforeEach, describe } from 'vitest'
import { keyValueConformance } from './key-value-conformance.ts'
import { kindsConformance } from './kinds-conformance.ts'
import { openingConformance } from './opening-conformance.ts'
import { restoreConformance } from './restore-conformance.ts'
import { type BackendUnderTest, StoreHouse } from './store-house.ts'
import { transactionConformance } from './transaction-conformance.ts'
import { windowConformance } from './window-conformance.ts'

/** What typed, transactional stores keep to, whatever the engine. */
export function storeConformance(name: string, create: () => BackendUnderTest): void {
  describe(`stores on ${name}`, () => {
    const house = new StoreHouse()

    beforeEach(async () => {
      house.use(create())
      house.stores = await house.open()
    })

    afterEach(async () => {
      await house.stores.close()
      await house.backend.wipe(house.directory)
    })

    keyValueConformance(house)
    transactionConformance(house)
    restoreConformance(house)
    windowConformance(house)
    kindsConformance(house)
    openingConformance(house)
  })
}
