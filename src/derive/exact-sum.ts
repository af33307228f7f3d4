/** Integer sums in two columns, low (0 .. 2^32) and high: exact up to 2^85, so the order of adding does not matter. */
const base = 2 ** 32

/** Adds an integer, or a double so large that it is one. */
export function addExact(cells: Float64Array, at: number, value: number): void {
  const high = Math.floor(value / base)
  carry(cells, at, value - high * base, high)
}

/** Adds the sum at `b[atB]` to the one at `a[atA]`. */
export function mergeExact(a: Float64Array, atA: number, b: Float64Array, atB: number): void {
  carry(a, atA, b[atB]!, b[atB + 1]!)
}

function carry(cells: Float64Array, at: number, low: number, high: number): void {
  const sum = cells[at]! + low
  const over = sum >= base ? 1 : 0
  cells[at] = sum - over * base
  cells[at + 1]! += high + over
}

/** The sum, rounded once. */
export function exactNumber(cells: Float64Array, at: number): number {
  return cells[at + 1]! * base + cells[at]!
}

export function exactInteger(cells: Float64Array, at: number): bigint {
  return BigInt(cells[at + 1]!) * BigInt(base) + BigInt(cells[at]!)
}

/** Columns of a sum of squares: limbs of 26 bits, the last one takes the rest. */
export const squareLimbs = 5
const limb = 2 ** 26

/** Adds the square of an integer up to 2^63, limb by limb: the product of two limbs fits in a double. */
export function addSquare(cells: Float64Array, at: number, value: number): void {
  const size = Math.abs(value)
  const high = Math.floor(size / (limb * limb))
  const rest = size - high * limb * limb
  const middle = Math.floor(rest / limb)
  const low = rest - middle * limb
  addProduct(cells, at, low * low)
  if (size >= limb) {
    addProduct(cells, at + 1, 2 * middle * low)
    addProduct(cells, at + 2, middle * middle)
    addProduct(cells, at + 2, 2 * high * low)
    addProduct(cells, at + 3, 2 * high * middle)
    cells[at + 4]! += high * high
  }
  settle(cells, at)
}

function addProduct(cells: Float64Array, at: number, product: number): void {
  const over = Math.floor(product / limb)
  cells[at]! += product - over * limb
  cells[at + 1]! += over
}

export function mergeSquares(a: Float64Array, atA: number, b: Float64Array, atB: number): void {
  for (let i = 0; i < squareLimbs; i++) a[atA + i]! += b[atB + i]!
  settle(a, atA)
}

/** One form for each sum: all limbs but the last below 2^26. */
function settle(cells: Float64Array, at: number): void {
  for (let i = at; i < at + squareLimbs - 1; i++) {
    const over = Math.floor(cells[i]! / limb)
    cells[i]! -= over * limb
    cells[i + 1]! += over
  }
}

export function squaresInteger(cells: Float64Array, at: number): bigint {
  let sum = 0n
  for (let i = at + squareLimbs - 1; i >= at; i--) sum = sum * BigInt(limb) + BigInt(cells[i]!)
  return sum
}
