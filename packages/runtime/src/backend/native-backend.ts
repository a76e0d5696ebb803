import type * as tf from '@tensorflow/tfjs-core';

/** An attribute of a TensorFlow operation, as tfjs-node's binding takes it. */
export interface OperationAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The constants of tfjs-node's binding that are used here. */
interface Binding {
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
}

/** The members of tfjs-node's backend that tfjs-core's interface lacks. */
export interface NativeBackend extends tf.KernelBackend {
  readonly binding: Binding;
  readonly isUsingGpuDevice: boolean;
  executeSingleOutput(
    operation: string,
    attributes: OperationAttribute[],
    inputs: tf.TensorInfo[],
  ): tf.Tensor;
  executeMultipleOutputs(
    operation: string,
    attributes: OperationAttribute[],
    inputs: tf.TensorInfo[],
    count: number,
  ): tf.Tensor[];
}

/** The attribute that makes an operation work on float32. */
export function floatType(backend: NativeBackend, name = 'T'): OperationAttribute {
  return { name, type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT };
}

/** An attribute of whole numbers. */
export function integers(backend: NativeBackend, name: string, value: readonly number[]): OperationAttribute {
  return { name, type: backend.binding.TF_ATTR_INT, value };
}

/** An attribute that is a whole number. */
export function integer(backend: NativeBackend, name: string, value: number): OperationAttribute {
  return { name, type: backend.binding.TF_ATTR_INT, value };
}

/** An attribute that is a float32. */
export function float(backend: NativeBackend, name: string, value: number): OperationAttribute {
  return { name, type: backend.binding.TF_ATTR_FLOAT, value };
}

/** An attribute that is true or false. */
export function bool(backend: NativeBackend, name: string, value: boolean): OperationAttribute {
  return { name, type: backend.binding.TF_ATTR_BOOL, value };
}

/** An attribute of text. */
export function text(backend: NativeBackend, name: string, value: string): OperationAttribute {
  return { name, type: backend.binding.TF_ATTR_STRING, value };
}
