import { replayDeadLetters } from '../operator/dead-letter-replay.ts'
import { DeadLetters } from '../operator/dead-letters.ts'
import { openDeadLetterLog } from './dead-letter-log.ts'

/** The process that the replay test kills: replays all dead letters of a directory, and dies at a point. */
const [directory = '', dieAt = ''] = process.argv.slice(2)
const { log, topics } = await openDeadLetterLog(directory)
const rows = replayDeadLetters(new DeadLetters(log, topics).entries({}), {
  log,
  env: 'dev',
  send: true,
  nowMs: () => 5_000,
  operator: 'test',
  probe: (point) => {
    if (point === dieAt) process.kill(process.pid, 'SIGKILL')
  },
})
for await (const { outcome } of rows) process.stdout.write(`${outcome}\n`)
