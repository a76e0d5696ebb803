import { type KerasObject, isObject } from './keras-json.js';

/** What `model.to_json()` of Keras 3 says of every object besides its class and configuration. */
const additional = new Set(['module', 'registered_name', 'build_config', 'shared_object_id']);

/**
 * Values of a configuration in the form of Keras 2: types by their names, functions by theirs, and objects such as
 * initialisers as `{ class_name, config }`, with Keras 2's class names.
 */
export function keras2Values(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => keras2Values(each));
  if (!isObject(value)) return value;
  if (typeof value['class_name'] === 'string' && 'config' in value) return objectOf(value, key);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, keras2Values(each, name)]));
}

function objectOf(value: KerasObject, key: string): unknown {
  const className = value['class_name'] as string;
  const { config } = value;
  if (key === 'dtype' || className.endsWith('DTypePolicy')) return isObject(config) ? typeOf(config) : config;
  if (typeof config === 'string') return config; // a function or a class by its name
  if (className === '__tuple__') return keras2Values(config);
  if (className === '__numpy__' && isObject(config)) return config['value'];
  const others = Object.entries(value).filter(([name]) => !additional.has(name));
  return { ...Object.fromEntries(others), ...sameObject(className, keras2Values(config)) };
}

function sameObject(className: string, config: unknown): { class_name: string; config: unknown } {
  if ((className === 'L1' || className === 'L2') && isObject(config)) {
    return { class_name: 'L1L2', config: { l1: 0, l2: 0, ...config } };
  }
  return { class_name: keras2Names[className] ?? className, config };
}

/** Keras 3 writes other names for what is the same. */
const keras2Names: { readonly [keras3: string]: string } = {
  LecunNormal: 'LeCunNormal',
  LecunUniform: 'LeCunUniform',
  OrthogonalInitializer: 'Orthogonal',
};

/** The type in which a policy stores variables: of mixed ones, too, that is float32. */
function typeOf({ name }: KerasObject): string {
  return typeof name !== 'string' || name.startsWith('mixed_') ? 'float32' : name;
}
