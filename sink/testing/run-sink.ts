/**
 * A sink process for the test that kills it: `node run-sink.ts LOG_DIRECTORY URL SERVICE_TOKEN ROWS_MAX`. Prints `started`, then `done` when every
 * record of every topic is committed.
 */
import { silentLogger, systemClock } from '#streams'
import { openClickHouse } from '../clickhouse.ts'
import { sinkGroupId, startSink } from '../sink.ts'
import { sinkSources } from '../sources.ts'
import { openLogHouse } from './sink-house.ts'

const [directory = '', url = '', serviceToken = '', rowsMax = ''] = process.argv.slice(2)
const house = await openLogHouse(directory)
const clickhouse = openClickHouse({ url, serviceToken })
const sink = await startSink({
  ...house,
  env: 'test',
  clickhouse,
  logger: silentLogger,
  clock: systemClock,
  lingerMs: 20,
  batchRowsMax: Number(rowsMax),
})
console.log('started')
// Nobody writes meanwhile: only what is there has to be done.
const all = sinkSources(house.topics).flatMap(({ topic, partitions }) =>
  Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
)
const allEnds = await house.log.admin.offsets(all, 'stable')
const places = all.filter((_, index) => (allEnds[index] ?? 0) > 0)
const ends = allEnds.filter((end) => end > 0)
for (;;) {
  const commits = await house.log.admin.groupOffsets(sinkGroupId('test'), places)
  if (ends.every((end, index) => (commits[index]?.offset ?? 0) === end)) break
  await new Promise((resolve) => setTimeout(resolve, 20))
}
await sink.close()
await clickhouse.close()
await house.log.close()
console.log('done')
