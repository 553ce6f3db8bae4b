import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '#streams'
import { migrate } from '../migrate.ts'
import { READABLE_TABLES, SINK_TABLES } from '../tables.ts'
import { type EngineHouse, openEngineHouse } from '../testing/sink-house.ts'

let house: EngineHouse
let quant: string
let web: Server
let webUrl: string
let requests = 0
const directory = mkdtempSync(join(tmpdir(), 'orion-sql-'))
const secretFile = join(directory, 'secret.txt')
const outFile = join(directory, 'out.txt')

const ROWS = [
  ['demo', 2],
  ['other', 30],
  ['platform', 500],
] as const

/** So that the views of ended RFQs have rows of every tenant. */
const OWN_COLUMNS: Partial<Record<string, string>> = {
  rfqs: ', event_type, rfq_id, invited, quotes',
}
const OWN_VALUES: Partial<Record<string, string>> = {
  rfqs: ", 'RFQExpired', toString(number), ['LP'], [('Q', 'LP', 'bot', 1, 1, 1, 1, NULL, NULL)]",
}

beforeAll(async () => {
  writeFileSync(secretFile, 'top-secret\n')
  web = createServer((_, response) => {
    requests += 1
    response.end('leak')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => web.once('listening', resolve))
  webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}/`
  house = await openEngineHouse()
  await migrate(house.clickhouse, silentLogger)
  for (const [tenant, count] of ROWS) {
    for (const table of SINK_TABLES) {
      await house.clickhouse.command(
        `INSERT INTO orion.${table} (tenant_id, instrument_id, topic${OWN_COLUMNS[table] ?? ''}) SELECT '${tenant}', '${tenant}-X', 't'${OWN_VALUES[table] ?? ''} FROM numbers(${count})`,
      )
    }
  }
})
// A user of his own for each test: the rate limit is per user.
let users = 0
beforeEach(async () => {
  users += 1
  quant = await house.issuer.token({ user: `quant-${users}` })
})
afterAll(async () => {
  await house.close()
  web.close()
  rmSync(directory, { recursive: true, force: true })
})

describe('rows of another tenant', () => {
  test.each(Object.keys(READABLE_TABLES))('are not in %s', async (table) => {
    const { text } = await house.ask(`SELECT DISTINCT tenant_id FROM ${table} ORDER BY 1`, quant)
    expect(text.split('\n')).toEqual(
      READABLE_TABLES[table as 'ticks'] === ('market' as string) ? ['demo', 'platform'] : ['demo'],
    )
  })

  test('every table of the database has a policy', async () => {
    const rows = await house.clickhouse.query<{ name: string }>(
      "SELECT name FROM system.tables WHERE database = 'orion'",
    )
    expect(rows.map((row) => row.name).sort()).toEqual(Object.keys(READABLE_TABLES).sort())
  })

  // 502 = 2 of demo and 500 of platform; 30 more would be another tenant's.
  test.each([
    ['SELECT count() FROM ticks', '502'],
    ['SELECT count() FROM orion.ticks AS t WHERE 1', '502'],
    ["SELECT count() FROM ticks WHERE tenant_id = 'other'", '0'],
    ["SELECT count() FROM ticks PREWHERE tenant_id = 'other'", '0'],
    ['SELECT count() FROM (SELECT * FROM (SELECT * FROM ticks))', '502'],
    ['WITH t AS (SELECT * FROM ticks) SELECT count() FROM t', '502'],
    ['SELECT count() FROM view(SELECT * FROM ticks)', '502'],
    ['SELECT count() FROM (SELECT 1 FROM ticks UNION ALL SELECT 1 FROM ticks)', '1004'],
    ["SELECT count() FROM numbers(1) WHERE 'other' IN (SELECT tenant_id FROM ticks)", '0'],
    ["SELECT (SELECT count() FROM ticks WHERE tenant_id = 'other')", '0'],
    [
      "SELECT count() FROM bars AS a JOIN ticks AS b ON a.tenant_id = b.tenant_id WHERE b.tenant_id = 'other'",
      '0',
    ],
    ['SELECT max(tenant_id), min(tenant_id) FROM ticks', 'platform\tdemo'],
    [
      "SELECT throwIf(tenant_id = 'other') FROM ticks WHERE throwIf(tenant_id = 'other') = 0 LIMIT 1",
      '0',
    ],
    ['SELECT uniq(_part) > 0, count() FROM ticks', '1\t502'],
    ['SELECT sum(quotes) >= 0 FROM spreads_1m', '1'],
  ])('are not counted by %s', async (sql, expected) => {
    expect(await house.ask(sql, quant)).toEqual({ status: 200, text: expected })
  })

  test('are those of each for himself', async () => {
    const count = async (tenant: string, roles = ['ANALYST']) =>
      (await house.ask('SELECT count() FROM ticks', await house.issuer.token({ tenant, roles })))
        .text
    expect([
      await count('demo'),
      await count('other'),
      await count('platform'),
      await count('third'),
    ]).toEqual(['502', '530', '500', '500'])
  })

  test("dead letters are the own tenant's, with ADMIN or PLATFORM also the platform's", async () => {
    const count = async (roles: string[]) =>
      (await house.ask('SELECT count() FROM dlq', await house.issuer.token({ roles }))).text
    expect([await count(['ANALYST']), await count(['ADMIN']), await count(['PLATFORM'])]).toEqual([
      '2',
      '502',
      '502',
    ])
  })
})

describe("a tenant's trading", () => {
  const tables = Object.keys(READABLE_TABLES).filter(
    (table) => READABLE_TABLES[table as 'ticks'] === ('trading' as string),
  )
  const tenantsIn = async (table: string, roles: string[]) => {
    const token = await house.issuer.token({ roles, user: `${table}-${roles.join('-')}` })
    const { status, text } = await house.ask(
      `SELECT DISTINCT tenant_id FROM ${table} ORDER BY 1`,
      token,
    )
    expect(status).toBe(200)
    return text
  }

  test.each(tables)('in %s is for those who see all of it', async (table) => {
    for (const roles of [['ANALYST'], ['RISK'], ['COMPLIANCE'], ['ADMIN'], ['TRADER', 'RISK']])
      expect(await tenantsIn(table, roles)).toBe('demo')
    // A trader sees his desk's through the API; the platform's people see none.
    for (const roles of [['TRADER'], ['PLATFORM'], ['TRADER', 'PLATFORM']])
      expect(await tenantsIn(table, roles)).toBe('')
  })

  test('is not for clients and sales, who may not query at all', async () => {
    for (const roles of [['CLIENT'], ['SALES']]) {
      const token = await house.issuer.token({ roles, user: roles.join() })
      expect((await house.ask('SELECT count() FROM trades', token)).text).toContain('may not query')
    }
  })
})

describe('a user is refused', () => {
  const REFUSED: readonly (readonly [string, number])[] = [
    ["INSERT INTO ticks (tenant_id) VALUES ('demo')", 164],
    ['INSERT INTO ticks (tenant_id) SELECT 1', 164],
    ['CREATE TABLE orion.x (a Int8) ENGINE = Memory', 164],
    ['CREATE TEMPORARY TABLE x (a Int8)', 164],
    ['DROP TABLE ticks', 164],
    ['ALTER TABLE ticks DELETE WHERE 1', 164],
    ['TRUNCATE TABLE ticks', 164],
    ['OPTIMIZE TABLE ticks', 164],
    ['SYSTEM FLUSH LOGS', 164],
    ['KILL QUERY WHERE 1', 164],
    ['SET readonly = 0', 164],
    ['SET max_threads = 1', 164],
    ['USE system', 164],
    ['EXPLAIN ESTIMATE SELECT * FROM ticks', 164],
    ['EXPLAIN SELECT * FROM ticks', 164],
    ['EXPLAIN indexes = 1 SELECT * FROM ticks', 164],
    ['SHOW PROCESSLIST', 164],
    ['SHOW GRANTS', 164],
    ["BACKUP TABLE orion.ticks TO File('/tmp/x')", 164],
    ['SELECT 1 PARALLEL WITH SELECT 2', 164],
    ['SELECT 1; SELECT 2', 62],
    ['SELECT 1; DROP TABLE ticks', 62],
    ['SELECT 1 -- \n; DROP TABLE ticks', 62],
    [`SELECT 1 INTO OUTFILE '${outFile}'`, 164],
    [`SELECT 1 /* x */ INTO/**/OUTFILE '${outFile}' FORMAT CSV`, 164],
    ['SELECT count() FROM ticks SETTINGS readonly = 0', 164],
    ["SELECT count() FROM ticks SETTINGS log_comment = '*'", 164],
    ['SELECT count() FROM (SELECT * FROM ticks SETTINGS max_threads = 1)', 164],
    ["SELECT count() FROM (SELECT * FROM ticks SETTINGS log_comment = '*')", 164],
    ['SELECT 1 SETTINGS max_execution_time = 0', 164],
    ['SELECT 1 FORMAT JSON SETTINGS max_execution_time = 0', 164],
    [`SELECT * FROM file('${secretFile}', 'LineAsString')`, 497],
    [`SELECT file('${secretFile}')`, 497],
    [`SELECT \`file\`('${secretFile}')`, 497],
    [`SELECT "FILE"('${secretFile}')`, 497],
    [`SELECT fi/**/le('${secretFile}')`, 0],
    [`SELECT arrayMap(file, ['${secretFile}'])`, 497],
    [`SELECT * APPLY(file) FROM (SELECT '${secretFile}')`, 164],
    [`WITH file AS f SELECT 1`, 497],
    ["SELECT * FROM s3('http://127.0.0.1:1/x')", 497],
    ["SELECT * FROM remote('127.0.0.1', 'orion', 'ticks')", 497],
    ["SELECT * FROM cluster('default', 'orion', 'ticks')", 497],
    ["SELECT * FROM clusterAllReplicas('default', 'orion', 'ticks')", 497],
    ["SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')", 497],
    ["SELECT * FROM executable('id', 'TSV', 'x String')", 497],
    ["SELECT * FROM merge('orion', 'ticks')", 497],
    ["SELECT * FROM merge('orion_admin', '.*')", 497],
    ["SELECT * FROM mergeTreeIndex('orion', 'ticks')", 497],
    ["SELECT * FROM loop('orion', 'ticks')", 497],
    ["SELECT * FROM dictionary('x')", 497],
    ["SELECT * FROM filesystem('/')", 497],
    ["SELECT dictGet('a', 'b', 1)", 497],
    ["SELECT joinGet('a', 'b', 1)", 497],
    ['SELECT sleep(3)', 497],
    ['SELECT hostName()', 497],
    ["SELECT getSetting('log_comment')", 497],
    ["SELECT getServerSetting('max_server_memory_usage')", 497],
    ['SELECT * FROM system.processes', 497],
    ['SELECT * FROM system.parts', 497],
    ['SELECT * FROM system . /**/ `query_log`', 497],
    ['SELECT * FROM "system"."server_settings"', 497],
    ['SELECT total_rows FROM system.tables', 497],
    ['SELECT * FROM system.tables', 497],
    ['SELECT * FROM information_schema.tables', 497],
    ['SELECT * FROM INFORMATION_SCHEMA.TABLES', 497],
    ['SELECT * FROM orion_admin.migrations', 497],
    ['SELECT * FROM {t:Identifier}', 497],
  ]

  test.each(REFUSED)('%s', async (sql, code) => {
    const { status, text } = await house.ask(sql, quant, 'param_t=ticks')
    expect(status).toBeGreaterThanOrEqual(400)
    expect(text).not.toContain('top-secret')
    if (code !== 0) expect(text).toMatch(new RegExp(`^Code: ${code}\\. DB::Exception: `, 'u'))
  })

  test('and nothing was written, fetched or changed', async () => {
    const { status } = await house.ask(`SELECT * FROM url('${webUrl}', 'LineAsString')`, quant)
    expect([status, requests, existsSync(outFile)]).toEqual([403, 0, false])
    expect(await house.clickhouse.query('SELECT count() AS n FROM orion.ticks')).toEqual([
      { n: 532 },
    ])
  })

  // The second fence must not be the only one: the engine itself refuses these.
  test.each([
    `SELECT * FROM file('${secretFile}', 'LineAsString')`,
    "SELECT * FROM remote('127.0.0.1', 'orion', 'ticks')",
    'SELECT * FROM system.users',
    'CREATE USER x',
  ])('by the engine, even as the service: %s', async (sql) => {
    expect((await house.ask(sql, house.serviceToken)).text).toMatch(/Code: (?:497|514)/u)
  })
})

describe('bounds of a user', () => {
  test.each([
    ['max_execution_time=0', 452],
    ['max_execution_time=11', 452],
    ['max_result_rows=0', 452],
    ['max_memory_usage=99999999999', 452],
    ['readonly=0', 164],
    ['log_comment=*', 164],
    ['additional_result_filter=1', 164],
    ['profile=default', 164],
    ['compress=1', 48],
    ['database=system', 81],
  ])('are not lifted by ?%s', async (search, code) => {
    expect((await house.ask('SELECT 1', quant, search)).text).toMatch(
      new RegExp(`^Code: ${code}\\.`, 'u'),
    )
  })

  test('may be lowered', async () => {
    expect(
      (await house.ask('SELECT number FROM numbers(100)', quant, 'max_result_rows=10')).text,
    ).toMatch(/^Code: 396\./u)
  })

  test('hold for rows, memory and length', async () => {
    expect((await house.ask('SELECT number FROM numbers(2000000)', quant)).text).toMatch(
      /^Code: 396\./u,
    )
    expect(
      (await house.ask('SELECT groupArray(number) FROM numbers(100000000)', quant)).text,
    ).toMatch(/^Code: 241\./u)
    expect((await house.ask(`SELECT '${'x'.repeat(300_000)}'`, quant)).status).toBe(413)
    expect((await house.ask('x'.repeat(2_000_000), quant)).status).toBe(413)
  })

  test('hold for time, and a client that hangs up stops its query', async () => {
    const slow =
      'SELECT count() FROM numbers(400000000) WHERE sipHash64(sipHash64(sipHash64(number))) = 1'
    expect((await house.ask(slow, quant, 'max_execution_time=0.3')).status).toBe(408)
    const running = () =>
      house.clickhouse.query(
        "SELECT 1 FROM system.processes WHERE query LIKE '%sipHash64%' AND query NOT LIKE '%processes%'",
      )
    const gone = new AbortController()
    const asked = fetch(`${house.engine.url}/`, {
      method: 'POST',
      body: slow,
      headers: { authorization: `Bearer ${quant}` },
      signal: gone.signal,
    }).catch(() => {})
    await expect.poll(running, { timeout: 5_000 }).toHaveLength(1)
    gone.abort()
    await asked
    await expect.poll(running, { timeout: 5_000 }).toHaveLength(0)
  })
})

test('a user who asks too fast is told so, and nobody else is', async () => {
  const replies = await Promise.all(Array.from({ length: 150 }, () => house.ask('SELEC', quant)))
  expect(replies.filter((reply) => reply.status === 429).length).toBeGreaterThan(0)
  const another = await house.issuer.token({ user: 'another' })
  expect(await house.ask('SELECT 1', another)).toEqual({ status: 200, text: '1' })
})

describe('credentials', () => {
  test.each([
    ['an expired token', async () => house.issuer.token({ expiresIn: -60 }), 516],
    ['a token of another issuer', async () => house.issuer.token({ issuer: 'elsewhere' }), 516],
    ['a role without SQL', async () => house.issuer.token({ roles: ['CLIENT'] }), 497],
    [
      'a trader entitled to part of the market',
      async () => house.issuer.token({ roles: ['TRADER'], assetClasses: ['FX', 'RATES'] }),
      497,
    ],
    [
      'a tenant that would break out of the scope',
      async () => house.issuer.token({ tenant: '*' }),
      516,
    ],
    ['a tenant list', async () => house.issuer.token({ tenant: 'demo,other' }), 516],
    ['no token at all', async () => '', 194],
    ['nonsense', async () => 'abc', 516],
    [
      'a token keyed with something else',
      async () =>
        new SignJWT({ tenant: 'other', roles: ['ADMIN'] })
          .setProtectedHeader({ alg: 'HS256', kid: 'test' })
          .setSubject('x')
          .setIssuer('orion')
          .setAudience('orion')
          .setExpirationTime('1h')
          .sign(Buffer.from(JSON.stringify(house.issuer.jwks))),
      516,
    ],
  ])('%s: refused', async (_, token, code) => {
    expect((await house.ask('SELECT 1', await token())).text).toMatch(
      new RegExp(`^Code: ${code}\\.`, 'u'),
    )
  })

  test('may come as basic authentication, headers or parameters, for the right user', async () => {
    const send = async (search: string, headers: Record<string, string>) =>
      (await fetch(`${house.engine.url}/?query=SELECT+7&${search}`, { headers })).text()
    const basic = (user: string) => ({
      authorization: `Basic ${Buffer.from(`${user}:${quant}`).toString('base64')}`,
    })
    expect([
      await send('', basic(`quant-${users}`)),
      await send('', basic('default')),
      await send('', { 'x-clickhouse-user': `quant-${users}`, 'x-clickhouse-key': quant }),
      await send(`user=quant-${users}&password=${quant}`, {}),
    ]).toEqual(['7\n', '7\n', '7\n', '7\n'])
    expect(await send('', basic('somebody'))).toMatch(/^Code: 516\./u)
  })

  test('ping needs none', async () => {
    expect(await (await fetch(`${house.engine.url}/ping`)).text()).toBe('Ok.\n')
  })
})

describe('the protocol', () => {
  test('format comes from the statement, else from the request, and parameters are bound', async () => {
    expect((await house.ask('SELECT 1 AS a FORMAT JSONEachRow', quant)).text).toBe('{"a":1}')
    expect((await house.ask('SELECT 1 AS a', quant, 'default_format=CSVWithNames')).text).toBe(
      '"a"\n1',
    )
    const { text } = await house.ask(
      'SELECT {s:String} AS s, {a:Array(Int32)} AS a FORMAT JSONEachRow',
      quant,
      `param_s=${encodeURIComponent("o'x\\\\y")}&param_a=[1,2]`,
    )
    expect(JSON.parse(text)).toEqual({ s: "o'x\\y", a: [1, 2] })
  })

  test('reply headers are those of ClickHouse', async () => {
    const { headers } = await fetch(`${house.engine.url}/?query=SELECT+1&query_id=mine`, {
      headers: { authorization: `Bearer ${quant}` },
    })
    expect(headers.get('x-clickhouse-query-id')).toBe('mine')
    expect(headers.get('x-clickhouse-format')).toBe('TabSeparated')
    expect(headers.get('x-clickhouse-timezone')).not.toBe(null)
    expect(JSON.parse(headers.get('x-clickhouse-summary') ?? '')).toHaveProperty('read_rows')
    const failed = await fetch(`${house.engine.url}/?query=SELECT+nothing`, {
      headers: { authorization: `Bearer ${quant}` },
    })
    expect([failed.status, failed.headers.get('x-clickhouse-exception-code')]).toEqual([404, '47'])
  })

  test('what quants write is not caught by the fence', async () => {
    for (const sql of [
      "SELECT instrument_id, quantileTDigestIf(0.99)(ask - bid, kind = 'QUOTE') AS spread, argMax(mid, event_time) FROM ticks GROUP BY instrument_id",
      'SELECT toStartOfInterval(event_time, INTERVAL 5 MINUTE) AS t, sum(size * price) / sum(size) AS vwap FROM ticks GROUP BY t ORDER BY t',
      'SELECT *, row_number() OVER (PARTITION BY instrument_id ORDER BY event_time) AS n, lagInFrame(mid) OVER (ORDER BY event_time) FROM ticks LIMIT 5',
      'SELECT a.instrument_id FROM ticks AS a ASOF JOIN bars AS b ON a.instrument_id = b.instrument_id AND a.event_time >= b.event_time LIMIT 1',
      'SELECT arrayMap(l -> l.price * l.size, bids) FROM ticks LIMIT 1',
      "SELECT CAST('1.5' AS Decimal(38, 18)), toDateTime64('2014-05-01 00:00:00', 3, 'UTC'), x::String FROM (SELECT 1 AS x)",
      "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = 'ticks'",
      'SHOW TABLES',
      'SHOW DATABASES',
      'DESCRIBE TABLE bars',
      'SHOW CREATE TABLE bars',
      'EXISTS TABLE bars',
      'EXPLAIN SYNTAX SELECT 1',
      'SELECT version(), timezone(), currentUser()',
      'SELECT count() FROM system.settings',
    ]) {
      const { status, text } = await house.ask(sql, quant)
      expect(status, `${sql}: ${text}`).toBe(200)
    }
  })
})
