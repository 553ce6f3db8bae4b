/**
 * Writes avro/generated from avro/schemas.
 *
 *   node bin/node.js scripts/generate-avro.ts            writes what differs
 *   node bin/node.js scripts/generate-avro.ts --check    fails on a difference or an incompatible schema
 *   node bin/node.js scripts/generate-avro.ts --release  also keeps changed streams as their next released version
 */
import { generate } from '../avro/codegen/generate.ts'

const flag = process.argv[2]
if (flag !== undefined && flag !== '--check' && flag !== '--release') {
  console.error(`generate-avro: unknown option ${flag}. Use --check, --release or none.`)
  process.exit(2)
}
const mode = flag === '--check' ? 'check' : flag === '--release' ? 'release' : 'write'
const { written, faults } = generate({ mode })
for (const file of written) console.log(`wrote avro/${file}`)
for (const fault of faults) console.error(`generate-avro: ${fault}`)
process.exitCode = faults.length === 0 ? 0 : 1
