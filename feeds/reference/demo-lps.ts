import { Decimal } from 'decimal.js'
import type { AssetClass, LPConfigUpdated, Personality } from '#avro'

const ALL: readonly AssetClass[] = ['FX', 'RATES', 'CREDIT', 'EQUITY', 'CRYPTO', 'COMMODITY']

/** Without a skew, a decline or an impact of size; each provider says what makes it different. */
const PLAIN: Personality = {
  halfSpreadBps: 2,
  skewBps: 0,
  inventoryMax: new Decimal(50_000_000),
  responseMedianMs: 100,
  responseSigma: 0.4,
  declineProbability: 0,
  sizeImpactBps: 0.1,
}

const OPEN_TO_ALL = {
  kind: 'BOT',
  enabled: true,
  assetClasses: ALL,
  instrumentIds: [],
  venueIds: [],
  tenantIds: [],
  rfqsPerSecond: 200,
  minNotional: null,
  maxNotional: null,
  quoteTtlMs: 8_000,
  lastLook: null,
} satisfies Partial<LPConfigUpdated>

/**
 * Providers of the demonstration, invented. Four quote everything, so that with the specialists at least five quote each simulated class;
 * the desk is people.
 */
export const DEMO_LPS: readonly LPConfigUpdated[] = [
  {
    ...OPEN_TO_ALL,
    lpId: 'ALDGATE',
    name: 'Aldgate Markets: tight and fast, dearer in size',
    quoteTtlMs: 5_000,
    personality: {
      ...PLAIN,
      halfSpreadBps: 0.6,
      responseMedianMs: 15,
      responseSigma: 0.3,
      sizeImpactBps: 0.6,
    },
  },
  {
    ...OPEN_TO_ALL,
    lpId: 'BLACKWALL',
    name: 'Blackwall Bank: wide and slow, any size',
    quoteTtlMs: 15_000,
    personality: { ...PLAIN, halfSpreadBps: 6, responseMedianMs: 450, responseSigma: 0.6 },
  },
  {
    ...OPEN_TO_ALL,
    lpId: 'CORNHILL',
    name: 'Cornhill Capital: leans against its inventory',
    personality: {
      ...PLAIN,
      halfSpreadBps: 1.5,
      skewBps: 4,
      inventoryMax: new Decimal(10_000_000),
      responseMedianMs: 80,
    },
  },
  {
    ...OPEN_TO_ALL,
    lpId: 'DOWGATE',
    name: 'Dowgate Securities: always there',
    personality: { ...PLAIN, halfSpreadBps: 2.5, responseMedianMs: 120, responseSigma: 0.2 },
  },
  {
    ...OPEN_TO_ALL,
    lpId: 'EASTCHEAP',
    name: 'Eastcheap FX: the best price, with last look',
    assetClasses: ['FX'],
    quoteTtlMs: 6_000,
    lastLook: { windowMs: 150, maxDriftBps: 1, maxQuoteAgeMs: 4_000 },
    personality: { ...PLAIN, halfSpreadBps: 0.3, responseMedianMs: 25 },
  },
  {
    ...OPEN_TO_ALL,
    lpId: 'FENCHURCH',
    name: 'Fenchurch Credit: selective, not for small sizes',
    assetClasses: ['CREDIT'],
    rfqsPerSecond: 20,
    minNotional: new Decimal(250_000),
    quoteTtlMs: 12_000,
    personality: {
      ...PLAIN,
      halfSpreadBps: 8,
      responseMedianMs: 700,
      responseSigma: 0.7,
      declineProbability: 0.35,
    },
  },
  {
    ...OPEN_TO_ALL,
    lpId: 'GRACECHURCH',
    name: 'Gracechurch Digital: crypto only',
    assetClasses: ['CRYPTO'],
    quoteTtlMs: 4_000,
    personality: {
      ...PLAIN,
      halfSpreadBps: 1.8,
      skewBps: 3,
      inventoryMax: new Decimal(5_000_000),
      responseMedianMs: 40,
    },
  },
  {
    ...OPEN_TO_ALL,
    lpId: 'HOLBORN',
    name: 'Holborn Dealers: rates, shares and commodities',
    assetClasses: ['RATES', 'EQUITY', 'COMMODITY'],
    lastLook: { windowMs: 80, maxDriftBps: 5, maxQuoteAgeMs: null },
    personality: { ...PLAIN, halfSpreadBps: 1.2, responseMedianMs: 60, declineProbability: 0.02 },
  },
  {
    ...OPEN_TO_ALL,
    lpId: 'DESK',
    name: 'Own desk: quotes by hand',
    kind: 'DESK',
    rfqsPerSecond: 10,
    quoteTtlMs: 30_000,
    personality: null,
  },
]
