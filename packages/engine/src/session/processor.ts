/** oneDNN's bits of AVX-512 with products of 8-bit numbers (VNNI), of AVX with them, and of AVX-512 with bfloat16. */
const AVX512_VNNI = 0x67;
const AVX_VNNI = 0x0f;
const BFLOAT16 = 0xe7;

/** Whether a processor computes with bfloat16. @param instructionSet - that of the core */
export function hasBfloat16(instructionSet: number): boolean {
  return (instructionSet & BFLOAT16) === BFLOAT16;
}

/** Whether a processor sums products of 8-bit numbers exactly; without, oneDNN's sums of pairs are cut off. */
export function hasProductsOfBytes(instructionSet: number): boolean {
  return [AVX512_VNNI, AVX_VNNI].some((bits) => (instructionSet & bits) === bits);
}
