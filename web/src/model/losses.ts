// How large a loss may be, as the program counts it over worlds (docs/many-worlds.md).
export interface LossTail {
  percent: number;
  at_risk: number;
  shortfall: number;
  beyond: number;
}
export interface LossJson {
  metric: string;
  label: string;
  unit: string;
  horizon: string;
  worlds: number;
  unknown: number;
  without: number;
  mean: number;
  p50: number;
  worst: number;
  tails: LossTail[];
}

export const tailPercents = [95, 99] as const;

// One world of so many must lie beyond.
export function worldsNeeded(percent: number): number {
  return Math.ceil(100 / (100 - percent));
}
