import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLogger } from '#streams'
import { migrate } from './migrate.ts'
import { type EngineHouse, openEngineHouse } from './testing/sink-house.ts'

/** `ORION_TEST_PYTHON` names a Python that has clickhouse-connect; otherwise one is made, which needs the network. */
const directory = mkdtempSync(join(tmpdir(), 'orion-python-'))
const { python, missing } = findPython()

let house: EngineHouse
beforeAll(async () => {
  house = await openEngineHouse()
  await migrate(house.clickhouse, silentLogger)
  await house.clickhouse.command(
    "INSERT INTO orion.ticks (tenant_id, instrument_id, kind, event_time, bid, ask) SELECT if(number % 3 = 0, 'other', 'platform'), 'EURUSD.SIM', 'QUOTE', '2014-05-01 12:00:00.5', 1.25, 1.5 FROM numbers(9)",
  )
})
afterAll(async () => {
  await house.close()
  rmSync(directory, { recursive: true, force: true })
})

const SCRIPT = `
import sys, json, clickhouse_connect
host, port, token = sys.argv[1:]
client = clickhouse_connect.get_client(host=host, port=int(port), username='quant', password=token, database='orion')
result = client.query('SELECT instrument_id, event_time, bid, ask, flags FROM ticks WHERE instrument_id = {i:String}', parameters={'i': 'EURUSD.SIM'})
try:
    client.command("INSERT INTO ticks (tenant_id) VALUES ('demo')")
    refused = ''
except Exception as error:
    refused = str(error)
print(json.dumps({'version': client.server_version, 'rows': len(result.result_rows), 'first': [str(v) for v in result.result_rows[0]], 'names': result.column_names,
  'count': client.command('SELECT count() FROM ticks'), 'refused': '164' in refused}))
`

test.skipIf(missing !== undefined && process.env['CI'] !== 'true')(
  `a stock Python clickhouse-connect reads its tenant's rows${missing === undefined ? '' : ` (missing: ${missing})`}`,
  async () => {
    if (python === undefined) throw new Error(`missing: ${missing}`)
    const { hostname, port } = new URL(house.engine.url)
    const output = execFileSync(
      python,
      ['-c', SCRIPT, hostname, port, await house.issuer.token()],
      { encoding: 'utf8', timeout: 30_000 },
    )
    expect(JSON.parse(output)).toMatchObject({
      rows: 6,
      count: 6,
      names: ['instrument_id', 'event_time', 'bid', 'ask', 'flags'],
      first: [
        'EURUSD.SIM',
        expect.stringMatching(/^2014-05-01 12:00:00\.500000/u),
        '1.25',
        '1.5',
        '[]',
      ],
      refused: true,
    })
  },
)

test('a stock Node client reads, streams and is told why it may not write', async () => {
  const client = createClient({
    url: house.engine.url,
    username: 'quant',
    password: await house.issuer.token(),
    database: 'orion',
  })
  const rows = await client.query({ query: 'SELECT count() AS n FROM ticks', format: 'JSON' })
  expect(await rows.json()).toMatchObject({ data: [{ n: 6 }] })
  await expect(
    client.insert({ table: 'ticks', values: [{ tenant_id: 'demo' }], format: 'JSONEachRow' }),
  ).rejects.toMatchObject({ code: '164' })
  await client.close()
})

test("curl's way: the statement in the URL continues in the body", async () => {
  const reply = await fetch(`${house.engine.url}/?query=${encodeURIComponent('SELECT count()')}`, {
    method: 'POST',
    body: ' FROM ticks FORMAT TSVWithNames',
    headers: {
      authorization: `Basic ${Buffer.from(`quant:${await house.issuer.token()}`).toString('base64')}`,
    },
  })
  expect(await reply.text()).toBe('count()\n6\n')
})

function findPython(): { readonly python?: string; readonly missing?: string } {
  const given = process.env['ORION_TEST_PYTHON']
  const works = (binary: string) =>
    execFileSync(binary, ['-c', 'import clickhouse_connect'], { stdio: 'pipe' })
  try {
    if (given !== undefined) {
      works(given)
      return { python: given }
    }
    const binary = join(directory, 'venv', 'bin', 'python')
    execFileSync('python3', ['-m', 'venv', join(directory, 'venv')], {
      stdio: 'pipe',
      timeout: 60_000,
    })
    execFileSync(
      binary,
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'clickhouse-connect'],
      { stdio: 'pipe', timeout: 120_000 },
    )
    works(binary)
    return { python: binary }
  } catch (cause) {
    return { missing: `python3 with venv and clickhouse-connect (${String(cause).split('\n')[0]})` }
  }
}
