export {
  BuildError,
  type BuildStep,
  type BuildTool,
  type BuiltFile,
  cacheSettingRemark,
  nativeCacheDirectory,
} from '@dmnn/native';
export type { BackendAttempt, BackendName, BackendReport } from './choose/backend-report.js';
export { type ChooseBackendOptions, chooseBackend } from './choose/choose-backend.js';
export { type DoctorReport, diagnose } from './choose/diagnose.js';
export {
  type InstalledBackend,
  type InstallOptions,
  type InstallProgress,
  installNativeBackend,
} from './install/install-native-backend.js';
export type { NativeBuild, NativeManifest } from './install/native-manifest.js';
export { nativeEnvironment } from './choose/native-environment.js';
export type { NativeOperations } from './install/native-operations.js';
export { type NativeKernelOptions, registerNativeKernels } from './native-kernels/register-native-kernels.js';
export { registerWasmKernels } from './wasm-kernels/register-wasm-kernels.js';
export { type RemoveOptions, removeNativeBackend } from './install/remove-native-backend.js';
export { tensorLibraryCopies } from './choose/tensor-library-copies.js';
