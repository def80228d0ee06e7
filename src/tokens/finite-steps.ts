/** Numbers of steps as JSON can say them: null for one that is not finite. */
export const finiteSteps = (values: readonly number[]): (number | null)[] =>
  values.map((value) => (Number.isFinite(value) ? value : null));
