export type { BackendAttempt, BackendName, BackendReport } from './choose/backend-report.js';
export { BuildError, type BuildStep } from './install/build-error.js';
export type { BuildTool } from './install/build-tools.js';
export { type ChooseBackendOptions, chooseBackend } from './choose/choose-backend.js';
export { type DoctorReport, diagnose } from './choose/diagnose.js';
export {
  type InstalledBackend,
  type InstallOptions,
  type InstallProgress,
  installNativeBackend,
} from './install/install-native-backend.js';
export type { BuiltFile, NativeBuild, NativeManifest } from './install/native-manifest.js';
export { cacheSettingRemark, nativeCacheDirectory } from './install/native-cache.js';
export { nativeEnvironment } from './choose/native-environment.js';
export type { NativeOperations } from './install/native-operations.js';
export { type NativeKernelOptions, registerNativeKernels } from './native-kernels/register-native-kernels.js';
export { registerWasmKernels } from './wasm-kernels/register-wasm-kernels.js';
export { type RemoveOptions, removeNativeBackend } from './install/remove-native-backend.js';
export { tensorLibraryCopies } from './choose/tensor-library-copies.js';
