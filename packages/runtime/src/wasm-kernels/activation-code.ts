/** The number of an activation in our operations, native and wasm. */
export function activationCode(activation: 'none' | 'relu' | 'relu6'): number {
  return ['none', 'relu', 'relu6'].indexOf(activation);
}
