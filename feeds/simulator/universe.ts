import type { FeedInstrument } from '../feed-source.ts'

/** An instrument with what the simulator needs to move it. Prices in the instrument's quoting unit, volatility as a yearly fraction. */
export interface SimulatedInstrument extends FeedInstrument {
  readonly startPrice: number
  readonly yearlyVolatility: number
  /** Full bid-ask spread in normal times, basis points of the price. */
  readonly spreadBps: number
  /** Loading on the asset class's own factor, 0 to 1; the rest is the instrument's own. */
  readonly classBeta: number
  /** Loading on the factor that all classes share, -1 to 1. */
  readonly marketBeta: number
  /** Relative share of the ticks. */
  readonly activity: number
  readonly tradeShare: number
}

interface Family {
  readonly assetClass: FeedInstrument['assetClass']
  readonly venue: string
  readonly yearlyVolatility: number
  readonly spreadBps: number
  readonly classBeta: number
  readonly marketBeta: number
  readonly tradeShare: number
  readonly tradingHours: string
  readonly basis: 'MID' | 'TRADE'
}

const FX: Family = {
  assetClass: 'FX',
  venue: 'SIMFX',
  yearlyVolatility: 0.09,
  spreadBps: 0.8,
  classBeta: 0.6,
  marketBeta: 0.15,
  tradeShare: 0,
  tradingHours: '24x5',
  basis: 'MID',
}
const RATES: Family = {
  assetClass: 'RATES',
  venue: 'SIMRV',
  yearlyVolatility: 0.06,
  spreadBps: 1.5,
  classBeta: 0.85,
  marketBeta: -0.25,
  tradeShare: 0.05,
  tradingHours: '24x5',
  basis: 'MID',
}
const CREDIT: Family = {
  assetClass: 'CREDIT',
  venue: 'SIMCR',
  yearlyVolatility: 0.08,
  spreadBps: 25,
  classBeta: 0.7,
  marketBeta: 0.45,
  tradeShare: 0.02,
  tradingHours: '07:00-17:00 Europe/London',
  basis: 'MID',
}
const EQUITY: Family = {
  assetClass: 'EQUITY',
  venue: 'SIMEX',
  yearlyVolatility: 0.28,
  spreadBps: 2,
  classBeta: 0.55,
  marketBeta: 0.6,
  tradeShare: 0.35,
  tradingHours: '09:30-16:00 America/New_York',
  basis: 'TRADE',
}
const CRYPTO: Family = {
  assetClass: 'CRYPTO',
  venue: 'SIMCX',
  yearlyVolatility: 0.7,
  spreadBps: 4,
  classBeta: 0.75,
  marketBeta: 0.3,
  tradeShare: 0.3,
  tradingHours: '24x7',
  basis: 'TRADE',
}

/** Units of one US dollar, roughly; crosses follow from them. */
const CURRENCIES: readonly (readonly [code: string, perDollar: number])[] = [
  ['USD', 1],
  ['EUR', 0.87],
  ['JPY', 148],
  ['GBP', 0.76],
  ['CHF', 0.81],
  ['AUD', 1.53],
  ['CAD', 1.38],
  ['NZD', 1.74],
  ['SEK', 9.5],
  ['NOK', 10.1],
  ['DKK', 6.5],
  ['SGD', 1.3],
  ['HKD', 7.8],
  ['CNH', 7.15],
  ['MXN', 18.6],
  ['ZAR', 17.8],
  ['TRY', 41],
  ['PLN', 3.7],
  ['CZK', 21.3],
  ['HUF', 341],
]

const SOVEREIGNS: readonly (readonly [prefix: string, issuer: string, currency: string])[] = [
  ['UST', 'US Treasury', 'USD'],
  ['DBR', 'Germany', 'EUR'],
  ['UKT', 'UK Gilt', 'GBP'],
  ['JGB', 'Japan', 'JPY'],
  ['OAT', 'France', 'EUR'],
  ['BTP', 'Italy', 'EUR'],
  ['CAN', 'Canada', 'CAD'],
  ['ACGB', 'Australia', 'AUD'],
  ['USDIRS', 'USD swap', 'USD'],
  ['EURIRS', 'EUR swap', 'EUR'],
]

const TENORS = ['2Y', '3Y', '5Y', '7Y', '10Y', '15Y', '20Y', '30Y'] as const

const ISSUERS = [
  'FORD',
  'TSCO',
  'VOD',
  'BAY',
  'BATS',
  'DTE',
  'ENEL',
  'ENGI',
  'HEI',
  'IBE',
  'KPN',
  'MARKS',
  'NEST',
  'ORA',
  'PEUG',
  'RENA',
  'SIE',
  'STLA',
  'TELE',
  'TITIM',
  'ATT',
  'BOEING',
  'CVS',
  'DELL',
  'GM',
  'HCA',
  'KHC',
  'ORCL',
  'TMUS',
  'VZ',
] as const

const TICKERS =
  'AAPL MSFT NVDA AMZN GOOGL META TSLA AVGO BRKB LLY JPM V XOM UNH MA COST PG HD JNJ ABBV BAC NFLX CRM KO MRK CVX ORCL WMT PEP AMD ACN LIN TMO MCD CSCO ADBE ABT ' +
  'DHR TXN GE QCOM INTU CAT AMGN VZ PFE IBM NOW UBER CMCSA DIS NEE PM SPGI RTX ISRG UNP LOW GS HON AMAT BKNG COP T ELV BLK AXP SYK PLD TJX MS VRTX PGR SCHW MDT ' +
  'LMT C CB ETN REGN ADP BSX MMC ADI DE PANW KLAC BX GILD MU CI FI SO ICE SHW DUK ZTS MO CL SNPS WM CDNS APH CME EQIX TT MCK ITW CMG NOC TDG MAR EOG CVS PH BDX ' +
  'MCO USB PYPL ECL CTAS FDX ORLY APD CSX ROP AON PNC MMM SLB TGT AJG NSC WELL EMR PSX FCX COF HCA AFL SRE MPC GM DXCM ADSK SPG NXPI O PSA OXY AZO HLT CARR PCAR ' +
  'TRV ROST AEP DLR KMB MET MSI CPRT BK F ALL GIS URI D IDXX NEM PAYX AIG MNST STZ LHX OKE KMI EW PRU MSCI A FIS JCI RSG YUM DOW VLO DHI CTVA EXC HES IQV GWW ' +
  'HAL KVUE XEL DVN BKR WMB'

const COINS =
  'BTC ETH SOL XRP BNB DOGE ADA TRX AVAX LINK DOT LTC BCH UNI ATOM XLM ETC FIL APT ARB OP NEAR INJ SUI SEI TIA RUNE AAVE MKR SNX CRV LDO GRT IMX RNDR ' +
  'ALGO VET HBAR ICP QNT FTM SAND MANA AXS EGLD THETA FLOW XTZ EOS NEO KSM ZEC DASH COMP YFI SUSHI ENJ CHZ GALA BAT ZIL ONE CELO KAVA ROSE WAVES QTUM ' +
  'ICX OMG ANKR SKL STORJ REN LRC BAND OCEAN FET AGIX PEPE SHIB'

/** All instruments in a fixed order; the first `count`, spread over the classes. */
export function simulatedUniverse(count: number): readonly SimulatedInstrument[] {
  const classes = [fxPairs(), rates(), credits(), equities(), coins()]
  const universe: SimulatedInstrument[] = []
  for (let row = 0; universe.length < count; row += 1) {
    const layer = classes.flatMap((family) => family.slice(row, row + 1))
    if (layer.length === 0) return [...universe, ...variants(universe, count - universe.length)]
    universe.push(...layer.slice(0, count - universe.length))
  }
  return universe
}

/** Beyond the named instruments: the same on further venues. */
function variants(base: readonly SimulatedInstrument[], count: number): SimulatedInstrument[] {
  return Array.from({ length: count }, (_, index) => {
    const one = base[index % base.length] as SimulatedInstrument
    const venue = `${one.venue}${2 + Math.floor(index / base.length)}`
    return { ...one, venue, instrumentId: `${one.symbol}.${venue}` }
  })
}

function fxPairs(): SimulatedInstrument[] {
  const pairs: SimulatedInstrument[] = []
  for (const [[base, basePerDollar], [quote, quotePerDollar]] of currencyPairs()) {
    if (base === quote || (base === 'USD' && ['EUR', 'GBP', 'AUD', 'NZD'].includes(quote))) continue
    if (pairs.some(({ symbol }) => symbol === quote + base || symbol === base + quote)) continue
    const price = quotePerDollar / basePerDollar
    const decimals = price > 20 ? 3 : 5
    pairs.push(
      instrument(FX, pairs.length, {
        symbol: base + quote,
        name: `${base}/${quote}`,
        currency: quote,
        price,
        decimals,
        lotSize: '1000',
        tenor: null,
      }),
    )
  }
  return pairs
}

type Currency = (typeof CURRENCIES)[number]

/** Euro against dollar leads: the smallest universe has bonds in euros, and with it can tell what they are in dollars. */
function currencyPairs(): readonly (readonly [Currency, Currency])[] {
  const [dollar, euro] = CURRENCIES
  const grid = CURRENCIES.slice(0, 8).flatMap((base) =>
    CURRENCIES.map((quote) => [base, quote] as const),
  )
  return dollar === undefined || euro === undefined ? grid : [[euro, dollar], ...grid]
}

function rates(): SimulatedInstrument[] {
  return SOVEREIGNS.flatMap(([prefix, issuer, currency], row) =>
    TENORS.map((tenor, column) => {
      const index = row * TENORS.length + column
      const price = 90 + ((index * 37) % 200) / 10
      return instrument(RATES, index, {
        symbol: `${prefix}${tenor}`,
        name: `${issuer} ${tenor}`,
        currency,
        price,
        decimals: 3,
        lotSize: '100000',
        tenor,
      })
    }),
  )
}

function credits(): SimulatedInstrument[] {
  return ISSUERS.flatMap((issuer, row) =>
    ['3Y', '5Y', '10Y'].map((tenor, column) => {
      const index = row * 3 + column
      const price = 84 + ((index * 53) % 300) / 10
      return instrument(CREDIT, index, {
        symbol: `${issuer}${tenor}`,
        name: `${issuer} ${tenor} bond`,
        currency: row < 20 ? 'EUR' : 'USD',
        price,
        decimals: 3,
        lotSize: '100000',
        tenor,
      })
    }),
  )
}

/** Start prices of the best-known names, so that they look like themselves; the others' are made up. */
const EQUITY_PRICES: Readonly<Record<string, number>> = {
  AAPL: 272,
  MSFT: 473,
  NVDA: 181,
  AMZN: 221,
  GOOGL: 299,
  META: 594,
  TSLA: 391,
  AVGO: 340,
  BRKB: 504,
  LLY: 1_060,
  JPM: 298,
  V: 328,
  XOM: 117,
  UNH: 320,
  MA: 534,
  COST: 899,
  PG: 151,
  HD: 343,
  JNJ: 204,
  ABBV: 236,
  BAC: 52,
  NFLX: 104,
  KO: 73,
  IBM: 297,
}

function equities(): SimulatedInstrument[] {
  return TICKERS.split(' ').map((symbol, index) =>
    instrument(EQUITY, index, {
      symbol,
      name: symbol,
      currency: 'USD',
      price: EQUITY_PRICES[symbol] ?? 18 + ((index * 7919) % 480),
      decimals: 2,
      lotSize: '1',
      tenor: null,
    }),
  )
}

function coins(): SimulatedInstrument[] {
  const named: Readonly<Record<string, number>> = {
    BTC: 91_000,
    ETH: 3_100,
    SOL: 140,
    XRP: 2.1,
    BNB: 870,
    DOGE: 0.16,
    LTC: 92,
    BCH: 510,
  }
  return COINS.split(' ').map((coin, index) => {
    const price = named[coin] ?? 0.4 + ((index * 613) % 400) / 10
    const decimals = price > 1_000 ? 2 : price > 10 ? 3 : 5
    return instrument(CRYPTO, index, {
      symbol: `${coin}USD`,
      name: `${coin}/USD`,
      currency: 'USD',
      price,
      decimals,
      lotSize: '0.0001',
      tenor: null,
    })
  })
}

interface Listing {
  readonly symbol: string
  readonly name: string
  readonly currency: string
  readonly price: number
  readonly decimals: number
  readonly lotSize: string
  readonly tenor: string | null
}

function instrument(family: Family, index: number, listing: Listing): SimulatedInstrument {
  return {
    instrumentId: `${listing.symbol}.${family.venue}`,
    symbol: listing.symbol,
    venue: family.venue,
    name: listing.name,
    assetClass: family.assetClass,
    currency: listing.currency,
    tickSize: (10 ** -listing.decimals).toFixed(listing.decimals),
    lotSize: listing.lotSize,
    priceDecimals: listing.decimals,
    priceBasis: family.basis,
    staleAfterMs: 15_000,
    tenor: listing.tenor,
    tradingHours: family.tradingHours,
    startPrice: listing.price,
    yearlyVolatility: family.yearlyVolatility * (0.7 + ((index * 31) % 60) / 100),
    spreadBps: family.spreadBps * (1 + index / 40),
    classBeta: family.classBeta,
    marketBeta: family.marketBeta,
    activity: 1 / (1 + index / 25),
    tradeShare: family.tradeShare,
  }
}
