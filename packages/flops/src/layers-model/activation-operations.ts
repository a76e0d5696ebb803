/**
 * Operations per value of each activation. An elementary function (exponential, logarithm, hyperbolic tangent, error
 * function), a division and a comparison are one operation each.
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
  gelu_new: 9, // its approximation by the tanh of a cubic
};

/**
 * Operations per value of an activation.
 *
 * @param name - its name in a layer's tfjs-layers configuration; undefined or null for none
 * @returns undefined if the name is not known
 */
export function activationOperationsOf(name: unknown): number | undefined {
  if (name === undefined || name === null) return 0;
  return typeof name === 'string' && Object.hasOwn(operations, name) ? operations[name] : undefined;
}
