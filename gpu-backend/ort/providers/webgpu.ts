import { appendNamed, notInside, type Provider } from './provider.ts';

/** Any GPU, through Dawn: Vulkan on Linux, D3D12 on Windows, Metal on macOS. */
export const webgpu: Provider = {
  memory: 'WebGPU_Buf',
  overlaps: false, // two runs at once abort the process or end it with a segmentation fault
  addressable: false,
  append: (library, session, options) => appendNamed(library, session, 'WebGPU', options),
  explain: (message, { path, version }) => {
    if (notInside(message))
      return `the ONNX Runtime ${version} at ${path} has no WebGPU inside. That of the package onnxruntime-node has.`;
    if (/adapter|instance/i.test(message))
      return `no adapter was found. It needs a GPU and its driver (on Linux Vulkan 1.3: the loader libvulkan.so.1 and the driver's file in /usr/share/vulkan/icd.d or VK_DRIVER_FILES). ONNX Runtime said: ${message}`;
    return message;
  },
};
