import type { Provider } from './provider.ts';

/** Always there. */
export const cpu: Provider = {
  memory: 'Cpu',
  overlaps: true,
  addressable: true,
  append: () => {},
  explain: (message) => message,
};
