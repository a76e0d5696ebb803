export { BackendError } from './backend-error.js';
export type { BackendAttempt, BackendName, BackendReport } from './backend-report.js';
export { BuildError, type BuildStep } from './build-error.js';
export type { BuildTool } from './build-tools.js';
export { type ChooseBackendOptions, chooseBackend } from './choose-backend.js';
export { type DoctorReport, diagnose } from './diagnose.js';
export {
  type InstalledBackend,
  type InstallOptions,
  type InstallProgress,
  installNativeBackend,
} from './install-native-backend.js';
export type { BuiltFile, NativeBuild, NativeManifest } from './native-build.js';
export { nativeCacheDirectory } from './native-cache.js';
export { nativeEnvironment } from './native-environment.js';
export type { NativeOperations } from './native-operations.js';
export { type NativeKernelOptions, registerNativeKernels } from './register-native-kernels.js';
export { registerWasmKernels } from './register-wasm-kernels.js';
export { type RemoveOptions, removeNativeBackend } from './remove-native-backend.js';
export { tensorLibraryCopies } from './tensor-library-copies.js';
