import { z } from 'zod'

/** Of the archive's layout; one that is higher is refused. */
export const BACKUP_FORMAT = 1
/** First entry of a backup, and its last. */
export const HEADER_PATH = 'orion-backup.json'
export const MANIFEST_PATH = 'orion-manifest.json'
export const DATA_PREFIX = 'data/'
export const MANIFEST_BYTES_MAX = 256 * 1024 * 1024

const count = z.number().int().min(0)

export const headerSchema = z.object({
  backupFormat: count,
  /** Of orion, that made it. */
  version: z.string(),
  dataDirFormat: count,
  createdAt: z.string(),
  files: count,
  bytes: count,
  contains: z.array(z.string()),
  containsSecrets: z.literal(true),
})

export const manifestSchema = z.object({
  files: z.array(z.object({ path: z.string(), size: count, sha256: z.string() })),
})

/** What a backup says of itself before its content. */
export type BackupHeader = z.infer<typeof headerSchema>
/** Every file with its hash, as it was read. */
export type BackupManifest = z.infer<typeof manifestSchema>
