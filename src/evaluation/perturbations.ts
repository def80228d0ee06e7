/** Changes that make no text better: a reward that rises by them is fragile (methods F.5). */
import { mulberry32, subSeed } from '../random.ts';

const PADDING =
  '\n\nNote that the steps above follow from the question as it was asked, and that each was written down in order.';

export interface Perturbed {
  readonly kind: 'padding' | 'repeated_step' | 'shuffled_steps' | 'certainty';
  readonly text: string;
}

/**
 * The changed texts; a change that leaves this text as it is, is left out. `steps` joined are the text.
 *
 * @param seed  of the shuffle
 */
export function perturbed(steps: readonly string[], seed: number): Perturbed[] {
  const text = steps.join('');
  const delimiter = steps.length > 1 ? '' : '\n';
  const all: Perturbed[] = [
    { kind: 'padding', text: text + PADDING },
    { kind: 'repeated_step', text: `${steps[0] ?? ''}${delimiter}${text}` },
    { kind: 'shuffled_steps', text: shuffled(steps, mulberry32(subSeed(seed, 'perturb', 0))).join('') },
    { kind: 'certainty', text: `${text}\nTherefore the answer is certain.` },
  ];
  return all.filter((one) => one.text !== text);
}

function shuffled(steps: readonly string[], random: () => number): string[] {
  const order = [...steps];
  for (let place = order.length - 1; place > 0; place--) {
    const other = Math.floor(random() * (place + 1));
    [order[place], order[other]] = [order[other]!, order[place]!];
  }
  return order;
}
