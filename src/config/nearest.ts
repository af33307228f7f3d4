/**
 * Restricted edit distance (optimal string alignment): insertions, deletions, changes and swaps of neighbours count
 * one each. O(n * m).
 */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + change)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, beforeLast[j - 2]! + 1)
      row.push(best)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}

/** Up to three of `known` that a misspelt word probably meant, nearest first; an equal distance keeps the given order. */
export function nearest(word: string, known: Iterable<string>): string[] {
  const limit = Math.max(1, Math.floor(word.length / 3))
  const found: { name: string; far: number }[] = []
  const folded = word.toLowerCase().slice(0, 128)
  for (const name of known) {
    if (Math.abs(name.length - folded.length) > limit) continue
    const far = distance(folded, name.toLowerCase())
    if (far <= limit) found.push({ name, far })
  }
  found.sort((a, b) => a.far - b.far)
  return found.slice(0, 3).map((entry) => entry.name)
}

/** The hint of a finding: "did you mean x or y?"; undefined if nothing is near. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const names = nearest(word, known)
  return names.length === 0 ? undefined : `did you mean ${names.join(' or ')}?`
}
