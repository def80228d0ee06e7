/** The neutral request that a body of best-of-N becomes where it says nothing but its prompt. */
import type { TaskRequest } from '../../src/requests/task.ts';

export const neutral = (more: Partial<TaskRequest> = {}): TaskRequest => ({
  model: undefined,
  prompt: { text: 'question' },
  sampling: {},
  family: 'best_of_n',
  strategy: undefined,
  options: {},
  rewards: undefined,
  references: [],
  selection: undefined,
  budget: undefined,
  execution: 'auto',
  step: undefined,
  returns: { candidates: 'scores', tree: false },
  path: '',
  maxTokensParam: 'sampling.max_tokens',
  optionsPath: 'options.',
  ...more,
});
