import type { PinnedWheel } from '@dmnn/native';

/**
 * What the extra `and-cuda` of TensorFlow 2.21 asks for, as pip resolves it on Linux x64, with the digests of the package
 * index: `pip install --dry-run --report cuda.json "tensorflow[and-cuda]==2.21.0"`.
 */
export const cudaWheels: readonly PinnedWheel[] = [
  {
    requirement: 'nvidia-cublas-cu12==12.9.3.13',
    fileName: 'nvidia_cublas_cu12-12.9.3.13-py3-none-manylinux_2_27_x86_64.whl',
    sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
  },
  {
    requirement: 'nvidia-cuda-cupti-cu12==12.9.79',
    fileName: 'nvidia_cuda_cupti_cu12-12.9.79-py3-none-manylinux_2_25_x86_64.whl',
    sha256: '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
  },
  {
    requirement: 'nvidia-cuda-nvcc-cu12==12.9.86',
    fileName: 'nvidia_cuda_nvcc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
  },
  {
    requirement: 'nvidia-cuda-nvrtc-cu12==12.9.86',
    fileName: 'nvidia_cuda_nvrtc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
  },
  {
    requirement: 'nvidia-cuda-runtime-cu12==12.9.79',
    fileName: 'nvidia_cuda_runtime_cu12-12.9.79-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
  },
  {
    requirement: 'nvidia-cudnn-cu12==9.28.0.42',
    fileName: 'nvidia_cudnn_cu12-9.28.0.42-py3-none-manylinux_2_27_x86_64.whl',
    sha256: '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
  },
  {
    requirement: 'nvidia-cufft-cu12==11.4.1.4',
    fileName: 'nvidia_cufft_cu12-11.4.1.4-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
  },
  {
    requirement: 'nvidia-curand-cu12==10.3.10.19',
    fileName: 'nvidia_curand_cu12-10.3.10.19-py3-none-manylinux_2_27_x86_64.whl',
    sha256: '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
  },
  {
    requirement: 'nvidia-cusolver-cu12==11.7.5.82',
    fileName: 'nvidia_cusolver_cu12-11.7.5.82-py3-none-manylinux_2_27_x86_64.whl',
    sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
  },
  {
    requirement: 'nvidia-cusparse-cu12==12.5.10.65',
    fileName: 'nvidia_cusparse_cu12-12.5.10.65-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
  },
  {
    requirement: 'nvidia-nccl-cu12==2.32.3',
    fileName: 'nvidia_nccl_cu12-2.32.3-py3-none-manylinux_2_27_x86_64.whl',
    sha256: 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
  },
  {
    requirement: 'nvidia-nvjitlink-cu12==12.9.86',
    fileName: 'nvidia_nvjitlink_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
  },
];
