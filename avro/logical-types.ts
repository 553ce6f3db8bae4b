import avsc from 'avsc'
import { Decimal } from 'decimal.js'
import { codesOf, type DecimalCodes } from './decimal-codes.ts'

// Digits enough for every product of two decimal(38,18); the global constructor of the process is left alone.
const Exact = Decimal.clone({ precision: 100, toExpNeg: -40, toExpPos: 60 })

interface DecimalAttributes {
  readonly precision: number
  readonly scale: number
}

/** Avro's decimal over bytes: big-endian two's complement of the unscaled value. Exact both ways: nothing is ever rounded here. */
export class DecimalType extends avsc.types.LogicalType {
  readonly precision: number
  readonly scale: number
  readonly #limit: bigint
  readonly #codes: DecimalCodes

  constructor(schema: avsc.Schema, options?: unknown) {
    super(schema, options)
    const { precision, scale = 0 } = schema as unknown as DecimalAttributes
    if (
      !Number.isInteger(precision) ||
      precision < 1 ||
      !Number.isInteger(scale) ||
      scale < 0 ||
      scale > precision
    ) {
      throw new Error(`decimal(${precision}, ${scale}) is not a decimal type`)
    }
    this.precision = precision
    this.scale = scale
    this.#limit = 10n ** BigInt(precision)
    this.#codes = codesOf(precision, scale)
  }

  protected override _fromValue(bytes: Buffer): Decimal {
    return this.#codes.decoded(bytes, () => {
      const unscaled =
        bytes.length === 0
          ? 0n
          : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`))
      return new Exact(`${unscaled}e-${this.scale}`)
    })
  }

  protected override _toValue(value: unknown): Buffer {
    if (!Decimal.isDecimal(value)) throw new Error(`${String(value)} is not a Decimal`)
    return this.#codes.encoded(value, () => this.#encode(value))
  }

  #encode(value: Decimal): Buffer {
    if (!value.isFinite()) throw new Error(`${value.toString()} is not a finite decimal`)
    if (value.decimalPlaces() > this.scale) {
      throw new Error(
        `${value.toFixed()} has ${value.decimalPlaces()} decimal places, the schema keeps ${this.scale}`,
      )
    }
    const unscaled = BigInt(value.toFixed(this.scale).replace('.', ''))
    if (unscaled >= this.#limit || unscaled <= -this.#limit) {
      throw new Error(
        `${value.toFixed()} has more than the ${this.precision} digits of decimal(${this.precision}, ${this.scale})`,
      )
    }
    return twosComplement(unscaled)
  }

  protected override _resolve(writer: avsc.Type): ((value: Decimal) => Decimal) | undefined {
    if (!(writer instanceof DecimalType)) return undefined
    return writer.scale === this.scale && writer.precision <= this.precision ? same : undefined
  }

  protected override _export(schema: avsc.Schema): void {
    Object.assign(schema, { precision: this.precision, scale: this.scale })
  }
}

/** `bytes` that takes any Uint8Array: avsc alone insists on Buffer. Not an Avro logical type: it never leaves this process. */
export class OctetsType extends avsc.types.LogicalType {
  protected override _fromValue(bytes: Buffer): Uint8Array {
    return bytes
  }

  protected override _toValue(value: unknown): Buffer {
    if (Buffer.isBuffer(value)) return value
    if (!(value instanceof Uint8Array)) throw new Error(`${String(value)} is not a Uint8Array`)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }

  protected override _resolve(
    writer: avsc.Type,
  ): ((value: Uint8Array | string) => Uint8Array) | undefined {
    if (writer instanceof OctetsType) return same as (value: Uint8Array | string) => Uint8Array
    return writer.typeName === 'string'
      ? (value) => Buffer.from(value as string, 'utf8')
      : undefined
  }

  protected override _export(schema: avsc.Schema): void {
    delete (schema as { logicalType?: string }).logicalType
  }
}

function same<T>(value: T): T {
  return value
}

function twosComplement(value: bigint): Buffer {
  let bytes = 1
  while (BigInt.asIntN(bytes * 8, value) !== value) bytes++
  return Buffer.from(
    BigInt.asUintN(bytes * 8, value)
      .toString(16)
      .padStart(bytes * 2, '0'),
    'hex',
  )
}
