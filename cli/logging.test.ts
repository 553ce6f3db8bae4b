import { expect, test } from 'vitest'
import { type LogFields, type Logger, silentLogger } from '#streams'
import { namingTenants } from './logging.ts'

test.each([
  [{ key: 'acme|o-1' }, { tenantId: 'acme', key: 'acme|o-1' }],
  [
    { key: 'acme|o|1', offset: 3 },
    { tenantId: 'acme', key: 'acme|o|1', offset: 3 },
  ],
  [
    { key: 'acme|o-1', tenantId: 'other' },
    { tenantId: 'other', key: 'acme|o-1' },
  ],
  [{ key: '|o-1' }, { key: '|o-1' }],
  [{ key: 'o-1' }, { key: 'o-1' }],
  [{ offset: 3 }, { offset: 3 }],
])('a line with %j is written with %j', (fields, written) => {
  const lines: LogFields[] = []
  const sink: Logger = { ...silentLogger, warn: (given) => lines.push(given), child: () => sink }
  namingTenants(sink).warn(fields, 'said')
  namingTenants(sink).child({ entity: 'bars' }).warn(fields, 'said')
  expect(lines).toEqual([written, written])
})
