/** 1 / (1 + e^-x), in two forms, since `exp` of a large number is infinite. */
export const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
