import { existsSync, mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { StreamsError, silentLogger, systemClock } from '#streams'
import { createBackup } from '../backup/create-backup.ts'
import type { BackupHeader } from '../backup/manifest.ts'
import { restoreBackup } from '../backup/restore-backup.ts'
import { isRunning, openControl } from '../operator/control-server.ts'
import { requireInstallation } from '../operator/installation.ts'
import { printRows } from '../output.ts'
import { VERSION } from '../version.ts'
import { dataDirOption, jsonOption } from './data-dir.ts'

interface BackupOptions {
  readonly dataDir: string
  readonly json: boolean
}

const SECRETS =
  'The file holds everything: log, stores, schemas, ClickHouse, and secrets (signing key, demo password), so only its owner may read it'

export function backupCommand(): Command {
  const command = new Command('backup').description(
    'a whole data directory as one file, and back; with --brokers topics are in Kafka, and not in it',
  )

  command
    .command('create')
    .description(
      `make a backup of a data directory that nothing runs on: stop orion first, start it again after. ${SECRETS}`,
    )
    .argument('<file>', 'new file, e.g. orion-2026-11-21.tar.gz')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async (file: string, { dataDir, json }: BackupOptions) => {
      requireInstallation(dataDir)
      await refuseWhileRunning(dataDir, 'Stop it (SIGTERM), make the backup, and start it again')
      // Taken for the time of the backup: nothing can start meanwhile.
      const control = await openControl(dataDir, silentLogger)
      try {
        const header = await createBackup({
          dataDir,
          file,
          version: VERSION,
          createdAt: new Date(systemClock.nowMs()).toISOString(),
          onProgress: progress('saved'),
        })
        await report(header, { file: resolve(file), dataDir: resolve(dataDir) }, json)
        if (!json) process.stdout.write(`${SECRETS}\n`)
      } finally {
        await control.close()
      }
    })

  command
    .command('restore')
    .description(
      'make a data directory of a backup: every file is compared with its checksum, then all of it is put in place at once',
    )
    .argument('<file>', 'file that orion backup create has made')
    .addOption(dataDirOption())
    .option('--force', 'replace a directory that is not empty: what is in it is deleted')
    .addOption(jsonOption())
    .action(async (file: string, options: BackupOptions & { readonly force?: true }) => {
      const { dataDir, json, force = false } = options
      await refuseWhileRunning(dataDir, 'Stop it, or give another --data-dir')
      mkdirSync(resolve(dataDir, '..'), { recursive: true })
      const header = await restoreBackup({ file, dataDir, force, onProgress: progress('restored') })
      await report(header, { file: resolve(file), dataDir: resolve(dataDir) }, json)
    })
  return command
}

async function report(
  header: BackupHeader,
  places: { readonly file: string; readonly dataDir: string },
  json: boolean,
): Promise<void> {
  const { version, createdAt, files, bytes } = header
  await printRows([{ ...places, version, createdAt, files, bytes }], json)
}

async function refuseWhileRunning(dataDir: string, remedy: string): Promise<void> {
  if (!existsSync(dataDir) || !(await isRunning(dataDir))) return
  throw new StreamsError(
    'BACKUP_RUNNING',
    `orion is running on the data directory ${resolve(dataDir)}`,
    {},
    remedy,
  )
}

/** For someone who watches; nothing in a log or a pipe. */
function progress(done: string): (bytes: number, total: number) => void {
  let told = -1
  return (bytes, total) => {
    const percent = total === 0 ? 100 : Math.floor((100 * bytes) / total)
    if (!process.stderr.isTTY || percent === told) return
    told = percent
    process.stderr.write(`\r${done} ${percent} % of ${total} bytes${percent === 100 ? '\n' : ''}`)
  }
}
