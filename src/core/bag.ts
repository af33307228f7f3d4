import type { Decoder, Encoder } from './codec.ts'

/** Values kept one by one before they are counted in buckets. */
const maxExact = 1000

/** Above every bucket: what is added to the opposite of a negative one in bytes. */
const negative = 2 ** 18

const double = new Float64Array(1)
const words = new Uint32Array(double.buffer)

/**
 * Bucket of a value above 0: exponent and the top 6 bits of the mantissa of the IEEE 754 double, so a bucket is at
 * most 1/64 wide and its middle is within 0.8 % of every value in it. Values below 0 have the bucket of their opposite,
 * negated; bucket 0 is that of 0.
 */
function bucketOf(value: number): number {
  double[0] = Math.abs(value)
  const bucket = words[1]! >>> 14
  return value < 0 ? -bucket : bucket
}

/** Middle of a bucket. */
function middleOf(bucket: number): number {
  if (bucket === 0) return 0
  if (bucket < 0) return -middleOf(-bucket)
  words[0] = 0
  words[1] = bucket << 14
  const low = double[0]!
  words[1] = (bucket + 1) << 14
  return (low + double[0]!) / 2
}

/**
 * A multiset of numbers for percentiles: exact up to 1,000 values, then counts per log-linear bucket. Which of the two
 * depends only on how many values there are in all, so merging in any order and from any parts gives the same bag.
 */
export class Bag {
  count = 0
  #values: number[] = []
  #isSorted = false
  #buckets: Map<number, number> | undefined

  add(value: number): void {
    this.count++
    if (this.#buckets !== undefined) {
      const bucket = bucketOf(value)
      this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1)
      return
    }
    if (this.count > maxExact) {
      this.#toBuckets(this.count - 1)
      this.count--
      this.add(value)
      return
    }
    this.#values.push(value)
    this.#isSorted = false
  }

  merge(other: Bag): void {
    if (other.#buckets === undefined) {
      for (let i = 0; i < other.count; i++) this.add(other.#values[i]!)
      return
    }
    const buckets = this.#toBuckets(this.count) // The other one alone holds more than `maxExact`.
    for (const [bucket, n] of other.#buckets) buckets.set(bucket, (buckets.get(bucket) ?? 0) + n)
    this.count += other.count
  }

  /** Nearest-rank quantile of `share` in (0, 1]: the smallest value with at least that share at or below it; NaN if empty. */
  quantile(share: number): number {
    if (this.count === 0) return NaN
    const rank = Math.max(1, Math.ceil(share * this.count - 1e-9)) // 0.07 * 100 is above 7.
    if (this.#buckets === undefined) return this.#sorted()[rank - 1]!
    let seen = 0
    for (const [bucket, n] of [...this.#buckets].sort((a, b) => a[0] - b[0])) {
      seen += n
      if (seen >= rank) return middleOf(bucket)
    }
    return NaN
  }

  /** Canonical: equal bags give equal bytes. */
  encode(to: Encoder): void {
    to.uint(this.count)
    if (this.#buckets === undefined) {
      for (const value of this.#sorted()) to.double(value)
      return
    }
    to.uint(this.#buckets.size)
    for (const [bucket, n] of [...this.#buckets].sort((a, b) => a[0] - b[0])) {
      to.uint(bucket < 0 ? negative - bucket : bucket)
      to.uint(n)
    }
  }

  static decode(from: Decoder): Bag {
    const bag = new Bag()
    const count = from.uint()
    if (count <= maxExact) {
      for (let i = 0; i < count; i++) bag.add(from.double())
      return bag
    }
    bag.count = count
    bag.#buckets = new Map()
    for (let left = from.uint(); left > 0; left--) {
      const key = from.uint()
      bag.#buckets.set(key < negative ? key : negative - key, from.uint())
    }
    return bag
  }

  /** The values in order; several quantiles in a row sort once. */
  #sorted(): readonly number[] {
    if (!this.#isSorted) sortNumbers(this.#values)
    this.#isSorted = true
    return this.#values
  }

  #toBuckets(count: number): Map<number, number> {
    if (this.#buckets !== undefined) return this.#buckets
    const buckets = new Map<number, number>()
    for (let i = 0; i < count; i++) {
      const bucket = bucketOf(this.#values[i]!)
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1)
    }
    this.#buckets = buckets
    this.#values = []
    return buckets
  }
}

/** In place: by insertion where they are few, for which a typed array would cost more than it saves. */
function sortNumbers(values: number[]): void {
  if (values.length > 32) {
    Float64Array.from(values)
      .sort()
      .forEach((value, i) => {
        values[i] = value
      })
    return
  }
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!
    let at = i
    for (; at > 0 && values[at - 1]! > value; at--) values[at] = values[at - 1]!
    values[at] = value
  }
}
