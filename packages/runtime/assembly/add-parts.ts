/** sum[i] = parts[0, i] + parts[1, i] + …, in that order. */
export function addParts(parts: usize, sum: usize, partCount: i32, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    let total = v128.load(parts + (i << 2));
    for (let p = 1; p < partCount; p++) {
      total = f32x4.add(total, v128.load(parts + ((p * count + i) << 2)));
    }
    v128.store(sum + (i << 2), total);
  }
  for (; i < count; i++) {
    let total = load<f32>(parts + (i << 2));
    for (let p = 1; p < partCount; p++) total += load<f32>(parts + ((p * count + i) << 2));
    store<f32>(sum + (i << 2), total);
  }
}
