/**
 * Single operations of each activation for each value. A function that is not made of others (exponential, logarithm,
 * hyperbolic tangent, error function), a division and a comparison are one operation each.
 */
const operations: { readonly [name: string]: number } = {
  linear: 0,
  relu: 1,
  relu6: 2,
  tanh: 1,
  elu: 3, // compare, exponential, subtract
  selu: 4, // the same, scaled
  sigmoid: 3, // exponential, add, divide
  hardSigmoid: 4, // multiply, add, compare twice
  softplus: 3, // exponential, add, logarithm
  softsign: 3, // absolute value, add, divide
  softmax: 5, // largest, subtract, exponential, sum, divide
  logSoftmax: 5, // largest, subtract, exponential, sum, subtract
  swish: 4, // sigmoid, multiply
  mish: 5, // softplus, tanh, multiply
  gelu: 5, // divide, error function, add, multiply twice
  gelu_new: 9, // its approximation by a tanh of a cubic
};

/**
 * Single operations of an activation for each value.
 *
 * @param name - as tfjs-layers writes it in a layer's configuration; undefined or null: none
 * @returns undefined if the name is not known
 */
export function activationOperationsOf(name: unknown): number | undefined {
  if (name === undefined || name === null) return 0;
  return typeof name === 'string' && Object.hasOwn(operations, name) ? operations[name] : undefined;
}
