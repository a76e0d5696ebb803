export { BackendError } from './backend-error.js';
export type { BackendAttempt, BackendName, BackendReport } from './backend-report.js';
export { BuildError, type BuildStep } from './build-error.js';
export { type ChooseBackendOptions, chooseBackend } from './choose-backend.js';
export { nativeCacheDirectory } from './native-cache.js';
export { registerNativeKernels } from './register-native-kernels.js';
export { registerWasmKernels } from './register-wasm-kernels.js';
export { tensorLibraryCopies } from './tensor-library-copies.js';
